from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from subgraphs.jobs.errors import IllegalTransition
from subgraphs.jobs.states import (
    BEFORE_START,
    FINAL,
    JobState,
    Outcome,
    advance,
    due_at,
    state_after,
)

ENDS = ("DONE", "FAILED", "CANCELLED")
LEGAL = {
    ("ASSIGNED", "SUPPLIES_REQUESTED"),
    ("ASSIGNED", "STARTED"),
    ("SUPPLIES_REQUESTED", "EQUIPPED"),
    ("SUPPLIES_REQUESTED", "STARTED"),
    ("EQUIPPED", "STARTED"),
    ("STARTED", "REPORT_SUBMITTED"),
    *product(("ASSIGNED", "SUPPLIES_REQUESTED", "EQUIPPED", "STARTED", "REPORT_SUBMITTED"), ENDS),
}
NOON = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("current", "target"), list(product(JobState, JobState)))
def test_a_job_moves_only_along_its_life(current: JobState, target: JobState) -> None:
    if (current.value, target.value) in LEGAL:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"{current} cannot become {target}"):
            advance(current, target)


def test_every_outcome_is_an_end() -> None:
    assert {state_after(outcome) for outcome in Outcome} == FINAL


@pytest.mark.parametrize("state", JobState)
def test_a_job_ends_by_itself_where_somebody_ought_to_have_acted(state: JobState) -> None:
    since = NOON + timedelta(hours=3)

    due = due_at(state, since=since, starts_at=NOON)

    if state in BEFORE_START:
        assert due == NOON + timedelta(minutes=15)
    elif state is JobState.REPORT_SUBMITTED:
        assert due == since + timedelta(hours=24)
    else:
        assert due is None
