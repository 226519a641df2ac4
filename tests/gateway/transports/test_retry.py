"""Retry policy and budget, apart from any network."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.transports.base import SubgraphResponse
from gateway.transports.errors import SubgraphUnreachable
from gateway.transports.retry import RetryBudget, RetryPolicy

POLICY = RetryPolicy(base_delay_seconds=0.1, max_delay_seconds=1.0)
BROKEN = SubgraphUnreachable("broken")


@given(st.integers(0, 50))
def test_delays_double_up_to_the_longest_and_are_spread(retry: int) -> None:
    full = min(1.0, 0.1 * 2**retry)

    delay_seconds = POLICY.delay_seconds(retry, BROKEN)

    assert delay_seconds is not None
    assert full / 2 <= delay_seconds <= full


def test_retry_after_is_kept_to_or_ends_it() -> None:
    def asked(seconds: str) -> float | None:
        return POLICY.delay_seconds(0, SubgraphResponse(503, b"", {"retry-after": seconds}))

    assert asked("1") == 1.0
    assert asked("2") is None
    assert (asked("Wed, 21 Oct 2026 07:28:00 GMT") or 9) <= 0.1


def test_a_budget_earns_a_share_of_the_requests() -> None:
    budget = RetryBudget(RetryPolicy(budget_ratio=0.5, budget_reserve=2))
    assert [budget.spend() for _ in range(3)] == [True, True, False]

    budget.earn()
    budget.earn()

    assert [budget.spend() for _ in range(2)] == [True, False]


def test_a_budget_does_not_hoard() -> None:
    budget = RetryBudget(RetryPolicy(budget_ratio=0.5, budget_reserve=2))
    for _ in range(100):
        budget.earn()

    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_a_budget_earns_a_floor_with_time_however_little_traffic_there_is() -> None:
    now = 0.0
    policy = RetryPolicy(budget_ratio=0.0, budget_per_second=0.5, budget_reserve=2)
    budget = RetryBudget(policy, clock=lambda: now)
    assert [budget.spend() for _ in range(3)] == [True, True, False]

    now = 2.0
    assert [budget.spend() for _ in range(2)] == [True, False]

    now = 3600.0
    assert [budget.spend() for _ in range(3)] == [True, True, False]
