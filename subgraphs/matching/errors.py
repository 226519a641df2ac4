"""What matching refuses, beyond the refusals that every service knows."""

from __future__ import annotations

from shared.errors import BadState, IdempotencyMismatch, NotFound, ValidationFailed


class SearchNotFound(NotFound):
    """No such search."""

    reason = "MATCHING_SEARCH_NOT_FOUND"


class WorkerNotInPool(NotFound):
    """The worker was never hired, as far as matching knows."""

    reason = "MATCHING_WORKER_NOT_IN_POOL"


class PipelineNotFound(NotFound):
    """No pipeline has this version."""

    reason = "MATCHING_PIPELINE_NOT_FOUND"


class IllegalTransition(BadState):
    """The search's, or the pool member's, state does not lead there."""

    reason = "MATCHING_ILLEGAL_TRANSITION"


class SearchActive(BadState):
    """The order is being searched for already, or has its worker."""

    reason = "MATCHING_SEARCH_ACTIVE"


class SearchMismatch(IdempotencyMismatch):
    """The search's id stands for another order or attempt."""

    reason = "MATCHING_SEARCH_MISMATCH"


class RequestInvalid(ValidationFailed):
    """The request is not what orders and matching agreed on."""

    reason = "MATCHING_REQUEST_INVALID"


class PipelineInvalid(ValidationFailed):
    """The steps make no pipeline: one is unknown, badly configured, or missing."""

    reason = "MATCHING_PIPELINE_INVALID"


class StateNotForPeople(ValidationFailed):
    """People pause and resume; the other states come about by themselves."""

    reason = "MATCHING_STATE_NOT_FOR_PEOPLE"
