"""A job's life: the one place that says which state may follow which, and when. Pure; no I/O."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from .errors import IllegalTransition


class JobState(StrEnum):
    """Where a job stands, as the worker sees it."""

    ASSIGNED = "ASSIGNED"
    SUPPLIES_REQUESTED = "SUPPLIES_REQUESTED"
    EQUIPPED = "EQUIPPED"
    STARTED = "STARTED"
    REPORT_SUBMITTED = "REPORT_SUBMITTED"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class FailCause(StrEnum):
    """Why a job failed."""

    NO_SHOW = "NO_SHOW"
    CLIENT_REJECTED = "CLIENT_REJECTED"
    REPORT_INVALID = "REPORT_INVALID"
    SUPPLIES_MISSING = "SUPPLIES_MISSING"
    WORKER_DECLINED = "WORKER_DECLINED"
    OTHER = "OTHER"


class EvidenceKind(StrEnum):
    """What a photo proves."""

    START_PHOTO = "START_PHOTO"
    SIGNED_REPORT = "SIGNED_REPORT"


# A manager may end a job from anywhere, hence DONE even before the start.
_ENDS = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
_ALLOWED: dict[JobState, frozenset[JobState]] = {
    # STARTED without supplies: only where the installation requires none, which the service checks.
    JobState.ASSIGNED: _ENDS | {JobState.SUPPLIES_REQUESTED, JobState.STARTED},
    JobState.SUPPLIES_REQUESTED: _ENDS | {JobState.EQUIPPED, JobState.STARTED},
    JobState.EQUIPPED: _ENDS | {JobState.STARTED},
    JobState.STARTED: _ENDS | {JobState.REPORT_SUBMITTED},
    JobState.REPORT_SUBMITTED: _ENDS,
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

FINAL = frozenset(state for state, following in _ALLOWED.items() if not following)
BEFORE_START = frozenset({JobState.ASSIGNED, JobState.SUPPLIES_REQUESTED, JobState.EQUIPPED})

CHECK_IN_OPENS = timedelta(minutes=30)
"""Before the start."""
CHECK_IN_CLOSES = timedelta(minutes=15)
"""After the start; who has not come by then does not come."""
CLIENT_SILENCE = timedelta(hours=24)
"""A report that the client says nothing about for so long is taken for confirmed."""

_STATE_OF_OUTCOME = {
    Outcome.DONE: JobState.DONE,
    Outcome.FAILED: JobState.FAILED,
    Outcome.CANCELLED: JobState.CANCELLED,
}


def advance(current: JobState, target: JobState) -> JobState:
    """Return ``target``.

    Raises:
        IllegalTransition: ``target`` may not follow ``current``.
    """
    if target not in _ALLOWED[current]:
        raise IllegalTransition(f"A job that is {current} cannot become {target}.")
    return target


def state_after(outcome: Outcome) -> JobState:
    """Return the final state of a job that ended so."""
    return _STATE_OF_OUTCOME[outcome]


def due_at(state: JobState, *, since: datetime, starts_at: datetime) -> datetime | None:
    """Return when the clock has something to say to a job that nothing happens to; ``None``: it waits for somebody.

    Args:
        state: where the job stands.
        since: since when.
        starts_at: when it is to start.
    """
    if state in BEFORE_START:
        return starts_at + CHECK_IN_CLOSES
    if state is JobState.REPORT_SUBMITTED:
        return since + CLIENT_SILENCE
    return None
