from __future__ import annotations

from itertools import product

import pytest

from subgraphs.hiring.errors import IllegalTransition
from subgraphs.hiring.states import (
    CLOSED,
    EXPIRABLE,
    FINAL_ATTEMPT,
    UNDER_WAY,
    ApplicationState,
    AttemptState,
    TestState,
    advance,
)

APPLICATION = {
    ("SUBMITTED", "CONTACTED"),
    ("SUBMITTED", "WITHDRAWN"),
    ("SUBMITTED", "EXPIRED"),
    ("CONTACTED", "TESTS_ASSIGNED"),
    ("CONTACTED", "WITHDRAWN"),
    ("CONTACTED", "EXPIRED"),
    ("TESTS_ASSIGNED", "TESTING"),
    ("TESTS_ASSIGNED", "GRADED"),
    ("TESTS_ASSIGNED", "WITHDRAWN"),
    ("TESTS_ASSIGNED", "EXPIRED"),
    ("TESTING", "GRADED"),
    ("TESTING", "WITHDRAWN"),
    ("TESTING", "EXPIRED"),
    ("GRADED", "HIRED"),
    ("GRADED", "REJECTED"),
    ("GRADED", "WITHDRAWN"),
    ("GRADED", "EXPIRED"),
}
ATTEMPT = {
    ("ASSIGNED", "STARTED"),
    ("ASSIGNED", "EXPIRED"),
    ("STARTED", "SUBMITTED"),
    ("STARTED", "EXPIRED"),
    ("SUBMITTED", "PASSED"),
    ("SUBMITTED", "FAILED"),
    ("SUBMITTED", "NEEDS_REVIEW"),
    ("NEEDS_REVIEW", "PASSED"),
    ("NEEDS_REVIEW", "FAILED"),
}
TEST = {("DRAFT", "PUBLISHED"), ("PUBLISHED", "RETIRED")}


@pytest.mark.parametrize(("current", "target"), list(product(ApplicationState, ApplicationState)))
def test_an_application_moves_only_along_its_life(
    current: ApplicationState, target: ApplicationState
) -> None:
    if (current.value, target.value) in APPLICATION:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"application is {current} and cannot become"):
            advance(current, target)


@pytest.mark.parametrize(("current", "target"), list(product(AttemptState, AttemptState)))
def test_an_attempt_moves_only_along_its_life(current: AttemptState, target: AttemptState) -> None:
    if (current.value, target.value) in ATTEMPT:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"attempt is {current} and cannot become"):
            advance(current, target)


@pytest.mark.parametrize(("current", "target"), list(product(TestState, TestState)))
def test_a_test_moves_only_along_its_life(current: TestState, target: TestState) -> None:
    if (current.value, target.value) in TEST:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"test is {current} and cannot become"):
            advance(current, target)


def test_what_has_ended_is_told_from_what_goes_on() -> None:
    assert set(CLOSED) == {"HIRED", "REJECTED", "WITHDRAWN", "EXPIRED"}
    assert set(FINAL_ATTEMPT) == {"PASSED", "FAILED", "EXPIRED"}
    assert set(AttemptState) == set(FINAL_ATTEMPT) | UNDER_WAY | EXPIRABLE
