"""When a request is sent again: which failures, how often, after how long, and how many in all.

A budget caps retries to a share of the traffic, so that a subgraph which is down is not asked several times as much.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from gateway.errors import TransportError

from .base import SubgraphRequest, SubgraphResponse
from .errors import SubgraphUnreachable

RETRIED_STATUSES = frozenset({502, 503, 504})
"""What proxies and servers answer when the request did not get to the application, or may come again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and after how long a query is sent again."""

    max_retries: int = 2
    """0 switches retries off."""

    base_delay_seconds: float = 0.05
    max_delay_seconds: float = 1.0
    budget_ratio: float = 0.2
    """Retries allowed per request sent, over time."""

    budget_per_second: float = 1.0
    """Retries allowed besides, however little traffic there is."""

    budget_reserve: int = 10
    """Retries allowed before anything has earned them, and the most that can be saved up."""

    def is_retryable(
        self, request: SubgraphRequest, outcome: SubgraphResponse | TransportError
    ) -> bool:
        """Say whether sending ``request`` again is safe and could help."""
        if request.kind != "query" or request.files:
            return False
        if isinstance(outcome, TransportError):
            return isinstance(outcome, SubgraphUnreachable)
        return outcome.status in RETRIED_STATUSES

    def delay_seconds(self, retry: int, outcome: SubgraphResponse | TransportError) -> float | None:
        """Return how long to wait before retry number ``retry`` (from 0), or ``None`` to give up.

        The time doubles and is drawn from its upper half, so that callers who failed together come back apart. A
        ``Retry-After`` is kept to; one beyond ``max_delay_seconds`` is no use to a request that somebody waits for.
        """
        wait = min(self.max_delay_seconds, self.base_delay_seconds * 2.0**retry)
        drawn = wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        asked = _retry_after_seconds(outcome)
        if asked is None:
            return drawn
        return None if asked > self.max_delay_seconds else max(asked, drawn)


@dataclass(slots=True)
class RetryBudget:
    """A purse that every request and every second pay into, and every retry draws from."""

    policy: RetryPolicy
    clock: Callable[[], float] = monotonic
    balance: float = field(init=False)
    paid_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.balance = float(self.policy.budget_reserve)
        self.paid_at = self.clock()

    def earn(self) -> None:
        """Count a request."""
        if self.balance < self.policy.budget_reserve:
            self._pay_in(self.policy.budget_ratio)

    def spend(self) -> bool:
        """Take one retry out, if there is one."""
        now = self.clock()
        self._pay_in((now - self.paid_at) * self.policy.budget_per_second)
        self.paid_at = now
        if self.balance < 1.0:
            return False
        self.balance -= 1.0
        return True

    def _pay_in(self, amount: float) -> None:
        self.balance = min(float(self.policy.budget_reserve), self.balance + amount)


def _retry_after_seconds(outcome: SubgraphResponse | TransportError) -> float | None:
    if isinstance(outcome, TransportError):
        return None
    value = outcome.headers.get("retry-after", "")
    # The other form is a date; clocks differ, and back-off does as well.
    return float(value) if value.isdecimal() else None
