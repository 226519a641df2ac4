"""What hiring refuses, beyond the refusals that every service knows."""

from __future__ import annotations

from shared.errors import BadState, Conflict, NotFound, ValidationFailed


class ApplicationNotFound(NotFound):
    """No such application, or not the caller's."""

    reason = "HIRING_APPLICATION_NOT_FOUND"


class AttemptNotFound(NotFound):
    """No such attempt, or not the caller's."""

    reason = "HIRING_ATTEMPT_NOT_FOUND"


class TestNotFound(NotFound):
    """No such test."""

    __test__ = False  # the name makes test runners curious
    reason = "HIRING_TEST_NOT_FOUND"


class TestSetNotFound(NotFound):
    """No such set of tests."""

    __test__ = False
    reason = "HIRING_TEST_SET_NOT_FOUND"


class WorkerNotFound(NotFound):
    """Nobody was hired under this id."""

    reason = "HIRING_WORKER_NOT_FOUND"


class IllegalTransition(BadState):
    """The present state does not lead there."""

    reason = "HIRING_ILLEGAL_TRANSITION"


class AttemptExpired(BadState):
    """The deadline or the time limit of the test is over."""

    reason = "HIRING_ATTEMPT_EXPIRED"


class TestNotPublished(BadState):
    """Only published tests can be assigned."""

    __test__ = False
    reason = "HIRING_TEST_NOT_PUBLISHED"


class AlreadyApplied(BadState):
    """This contact has an application that is not decided yet."""

    reason = "HIRING_ALREADY_APPLIED"


class ProofInvalid(ValidationFailed):
    """The proof of work is stale, was made for another application, or is too weak."""

    reason = "HIRING_PROOF_INVALID"


class QuestionsInvalid(ValidationFailed):
    """The questions of a test do not follow the format."""

    reason = "HIRING_QUESTIONS_INVALID"


class AnswersInvalid(ValidationFailed):
    """The answers do not fit the questions."""

    reason = "HIRING_ANSWERS_INVALID"


class CodeTaken(ValidationFailed):
    """Another test has this code."""

    reason = "HIRING_CODE_TAKEN"


class VersionConflict(Conflict):
    """Somebody changed it since the caller read it."""

    reason = "HIRING_VERSION_CONFLICT"
