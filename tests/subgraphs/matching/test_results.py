from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.matching.results import Credit, credit_of, rating_bps
from subgraphs.matching.states import Outcome, Verdict

COUNTS = st.integers(min_value=0, max_value=100_000)


@pytest.mark.parametrize(
    ("outcome", "verdict", "credit"),
    [
        (None, None, Credit.NONE),
        (None, Verdict.WORKER_FAULT, Credit.NONE),
        (Outcome.DONE, None, Credit.DONE),
        (Outcome.DONE, Verdict.NO_FAULT, Credit.DONE),
        (Outcome.DONE, Verdict.WORKER_FAULT, Credit.FAILED),
        (Outcome.FAILED, None, Credit.FAILED),
        (Outcome.FAILED, Verdict.WORKER_FAULT, Credit.FAILED),
        (Outcome.FAILED, Verdict.CLIENT_FAULT, Credit.NONE),
        (Outcome.FAILED, Verdict.SUPPLY_FAULT, Credit.NONE),
        (Outcome.FAILED, Verdict.SYSTEM_FAULT, Credit.NONE),
        (Outcome.FAILED, Verdict.NO_FAULT, Credit.NONE),
        (Outcome.CANCELLED, None, Credit.NONE),
        (Outcome.CANCELLED, Verdict.CLIENT_FAULT, Credit.NONE),
        (Outcome.CANCELLED, Verdict.WORKER_FAULT, Credit.FAILED),
    ],
)
def test_a_failure_counts_unless_it_was_somebody_elses_fault(
    outcome: Outcome | None, verdict: Verdict | None, credit: Credit
) -> None:
    assert credit_of(outcome, verdict) is credit


@pytest.mark.parametrize(
    ("done", "failed", "rating"), [(0, 0, 7_000), (1, 0, 7_500), (0, 1, 5_833), (95, 0, 9_850)]
)
def test_few_results_move_the_rating_little(done: int, failed: int, rating: int) -> None:
    assert rating_bps(done, failed) == rating


@given(COUNTS, COUNTS)
def test_a_good_result_never_lowers_the_rating_and_a_bad_one_never_raises_it(
    done: int, failed: int
) -> None:
    rating = rating_bps(done, failed)

    assert 0 <= rating_bps(done, failed + 1) <= rating <= rating_bps(done + 1, failed) <= 10_000
