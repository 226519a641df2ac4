"""What jobs refuses, beyond the refusals that every service knows."""

from __future__ import annotations

from shared.errors import (
    BadState,
    IdempotencyMismatch,
    NotFound,
    UpstreamUnavailable,
    ValidationFailed,
)


class JobNotFound(NotFound):
    """No such job, or not one of the caller's."""

    reason = "JOBS_JOB_NOT_FOUND"


class IllegalTransition(BadState):
    """The job's state does not lead there."""

    reason = "JOBS_ILLEGAL_TRANSITION"


class CheckInTooEarly(BadState):
    """The check-in opens half an hour before the start."""

    reason = "JOBS_CHECK_IN_TOO_EARLY"


class CheckInTooLate(BadState):
    """The check-in closes a quarter of an hour after the start."""

    reason = "JOBS_CHECK_IN_TOO_LATE"


class NotEquipped(BadState):
    """Without supplies no job starts."""

    reason = "JOBS_NOT_EQUIPPED"


class OutcomeInvalid(ValidationFailed):
    """A cause belongs to a failure, and only to one."""

    reason = "JOBS_OUTCOME_INVALID"


class PhotoInvalid(ValidationFailed):
    """The photo is neither inline nor stored here, or not what its sha256 says."""

    reason = "JOBS_PHOTO_INVALID"


class PhotoTooLarge(ValidationFailed):
    """The photo has more bytes than are taken this way."""

    reason = "JOBS_PHOTO_TOO_LARGE"


class SuppliesKeyUsed(IdempotencyMismatch):
    """The key was used to request another job's supplies."""

    reason = "JOBS_SUPPLIES_KEY_USED"


class NoSuppliesDepartment(UpstreamUnavailable):
    """This installation has no consumables department; jobs start without supplies."""

    reason = "JOBS_NO_SUPPLIES_DEPARTMENT"


class BlobStoreAway(UpstreamUnavailable):
    """Photos cannot be stored or read at the moment; nothing has changed."""

    reason = "JOBS_BLOB_STORE_AWAY"
