"""The lives of applications, attempts and tests: which state may follow which. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from .errors import IllegalTransition


class ApplicationState(StrEnum):
    """Where an application stands."""

    SUBMITTED = "SUBMITTED"
    CONTACTED = "CONTACTED"
    TESTS_ASSIGNED = "TESTS_ASSIGNED"
    TESTING = "TESTING"
    GRADED = "GRADED"
    HIRED = "HIRED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class AttemptState(StrEnum):
    """Where a candidate's attempt at a test stands."""

    ASSIGNED = "ASSIGNED"
    STARTED = "STARTED"
    SUBMITTED = "SUBMITTED"
    PASSED = "PASSED"
    FAILED = "FAILED"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    EXPIRED = "EXPIRED"


class TestState(StrEnum):
    """Whether a test can be assigned."""

    __test__ = False  # the name makes test runners curious

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


APPLICATION_MOVES: Mapping[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.SUBMITTED: frozenset(
        {ApplicationState.CONTACTED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED}
    ),
    ApplicationState.CONTACTED: frozenset(
        {ApplicationState.TESTS_ASSIGNED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED}
    ),
    # Straight to GRADED when the deadline passes and no test was ever started.
    ApplicationState.TESTS_ASSIGNED: frozenset(
        {
            ApplicationState.TESTING,
            ApplicationState.GRADED,
            ApplicationState.WITHDRAWN,
            ApplicationState.EXPIRED,
        }
    ),
    ApplicationState.TESTING: frozenset(
        {ApplicationState.GRADED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED}
    ),
    ApplicationState.GRADED: frozenset(
        {
            ApplicationState.HIRED,
            ApplicationState.REJECTED,
            ApplicationState.WITHDRAWN,
            ApplicationState.EXPIRED,
        }
    ),
    ApplicationState.HIRED: frozenset(),
    ApplicationState.REJECTED: frozenset(),
    ApplicationState.WITHDRAWN: frozenset(),
    ApplicationState.EXPIRED: frozenset(),
}

ATTEMPT_MOVES: Mapping[AttemptState, frozenset[AttemptState]] = {
    AttemptState.ASSIGNED: frozenset({AttemptState.STARTED, AttemptState.EXPIRED}),
    AttemptState.STARTED: frozenset({AttemptState.SUBMITTED, AttemptState.EXPIRED}),
    AttemptState.SUBMITTED: frozenset(
        {AttemptState.PASSED, AttemptState.FAILED, AttemptState.NEEDS_REVIEW}
    ),
    AttemptState.NEEDS_REVIEW: frozenset({AttemptState.PASSED, AttemptState.FAILED}),
    AttemptState.PASSED: frozenset(),
    AttemptState.FAILED: frozenset(),
    AttemptState.EXPIRED: frozenset(),
}

TEST_MOVES: Mapping[TestState, frozenset[TestState]] = {
    TestState.DRAFT: frozenset({TestState.PUBLISHED}),
    TestState.PUBLISHED: frozenset({TestState.RETIRED}),
    TestState.RETIRED: frozenset(),
}

S = TypeVar("S", ApplicationState, AttemptState, TestState)


def _final(moves: Mapping[S, frozenset[S]]) -> frozenset[S]:
    return frozenset(state for state, following in moves.items() if not following)


CLOSED = _final(APPLICATION_MOVES)
"""Where an application has ended; its contact may apply again."""

FINAL_ATTEMPT = _final(ATTEMPT_MOVES)
EXPIRABLE = frozenset({AttemptState.ASSIGNED, AttemptState.STARTED})
"""Attempts on which the clock is running."""

UNDER_WAY = frozenset({AttemptState.STARTED, AttemptState.SUBMITTED, AttemptState.NEEDS_REVIEW})
"""Attempts into which work has gone that is not judged yet."""

_ALLOWED = frozenset(
    [(ApplicationState, now, then) for now, after in APPLICATION_MOVES.items() for then in after]
    + [(AttemptState, now, then) for now, after in ATTEMPT_MOVES.items() for then in after]
    + [(TestState, now, then) for now, after in TEST_MOVES.items() for then in after]
)
"""With the type beside the states, since members of different enums are equal when they are spelled alike."""


def advance(current: S, target: S) -> S:
    """Return ``target``.

    Raises:
        IllegalTransition: ``target`` may not follow ``current``.
    """
    if (type(current), current, target) not in _ALLOWED:
        kind = type(current).__name__.removesuffix("State").lower()
        raise IllegalTransition(f"The {kind} is {current} and cannot become {target}.")
    return target
