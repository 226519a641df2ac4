"""A circuit breaker: a subgraph that keeps failing is left alone for a while.

::

    CLOSED ──(share of failures reached)──▶ OPEN ──(pause over)──▶ HALF_OPEN
       ▲                                     ▲                        │
       └────────────(probe succeeds)─────────┼────────────────────────┤
                                             └─────(probe fails)──────┘
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic


class CircuitState(StrEnum):
    """Whether requests pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


_CLOSED = (
    CircuitState.CLOSED
)  # looking a member up takes longer than all else that a call costs here


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitPolicy:
    """When the circuit opens, and for how long."""

    failure_ratio: float = 0.5
    min_requests: int = 20
    """Requests in a window before its share of failures means anything."""

    window_seconds: float = 10.0
    pause_seconds: float = 5.0


class CircuitBreaker:
    """The state of one subgraph's circuit. Not thread-safe: it belongs to one event loop.

    Args:
        policy: when it opens and closes.
        on_change: told of each state that it enters from another.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        policy: CircuitPolicy,
        *,
        on_change: Callable[[CircuitState], None] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._policy = policy
        self._on_change = on_change
        self._clock = clock
        self._changed_at = clock()
        self._requests = 0
        self._failures = 0
        self._is_probing = False
        self.state = CircuitState.CLOSED

    def admit(self) -> bool:
        """Say whether a request may be sent now.

        Whoever is admitted calls ``record`` or ``release`` exactly once.
        """
        if self.state is _CLOSED:
            return True
        if self.state is CircuitState.OPEN:
            if self._clock() - self._changed_at < self._policy.pause_seconds:
                return False
            self._enter(CircuitState.HALF_OPEN)
        elif self._is_probing:
            return False
        self._is_probing = True
        return True

    def record(self, *, success: bool) -> None:
        """Take note of how an admitted request ended."""
        if self.state is _CLOSED:
            if self._clock() - self._changed_at > self._policy.window_seconds:
                self._enter(_CLOSED)
            self._requests += 1
            self._failures += not success
            if self._failures:
                self._judge()
        elif self.state is CircuitState.HALF_OPEN:
            self._enter(_CLOSED if success else CircuitState.OPEN)
        # What was sent before the circuit opened has been judged already.

    def release(self) -> None:
        """Take note that an admitted request ended without telling anything: its caller went away."""
        self._is_probing = False

    def _judge(self) -> None:
        enough = self._requests >= self._policy.min_requests
        if enough and self._failures >= self._policy.failure_ratio * self._requests:
            self._enter(CircuitState.OPEN)

    def _enter(self, state: CircuitState) -> None:
        previous, self.state = self.state, state
        self._changed_at = self._clock()
        self._requests = self._failures = 0
        self._is_probing = False
        if self._on_change is not None and state is not previous:
            self._on_change(state)
