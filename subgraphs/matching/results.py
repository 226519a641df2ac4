"""What a worker's past says about them: which results count, and the rating that follows. Pure, whole numbers only."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from .states import Outcome, Verdict

FULL_BPS = 10_000
PRIOR_BPS = 7_000
"""What we expect of somebody of whom we know nothing: they passed the tests."""
PRIOR_WEIGHT = 5
"""How many results of their own it takes to outweigh that expectation."""


class Credit(StrEnum):
    """How one booking counts for the worker."""

    NONE = "NONE"
    DONE = "DONE"
    FAILED = "FAILED"


def credit_of(outcome: Outcome | None, verdict: Verdict | None) -> Credit:
    """Return how a booking counts: by its outcome, unless quality control found whose fault it was.

    A verdict may arrive before the outcome; it counts with it.
    """
    if outcome is None:
        return Credit.NONE
    if verdict is Verdict.WORKER_FAULT:
        return Credit.FAILED
    match outcome:
        case Outcome.DONE:
            return Credit.DONE
        case Outcome.FAILED:
            return Credit.FAILED if verdict is None else Credit.NONE
        case Outcome.CANCELLED:
            return Credit.NONE
        case _:
            assert_never(outcome)


def rating_bps(done: int, failed: int) -> int:
    """Return the share of good results in basis points, smoothed: few results move it little."""
    return (PRIOR_BPS * PRIOR_WEIGHT + FULL_BPS * done) // (PRIOR_WEIGHT + done + failed)
