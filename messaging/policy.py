"""How a subscription treats its messages, and the two things a handler may say besides returning.

A handler never acknowledges: it returns, or raises ``Retry`` or ``Reject``, or fails. What follows is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .errors import MessagingError


class Retry(MessagingError):
    """Raise in a handler: not now, try this message again after ``after``. Counts as an attempt."""

    code = "MESSAGING_RETRY"

    def __init__(
        self, after: timedelta, reason: str = "the handler asked to be called again"
    ) -> None:
        super().__init__(reason)
        self.after = after


class Reject(MessagingError):
    """Raise in a handler: this message can never be handled; park it as a dead letter with ``reason``."""

    code = "MESSAGING_REJECT"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often, how many at once and in which order. The defaults suit nearly every subscription."""

    backoff: tuple[timedelta, ...] = (
        timedelta(milliseconds=250),
        timedelta(seconds=1),
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
    )
    """Pause after the first, second, … failed attempt; the last one repeats."""

    max_attempts: int = 8
    """Deliveries after which the message becomes a dead letter, whether they failed or ended in ``Retry``."""

    max_outage_attempts: int = 100
    """The same while the subgraph's database or a neighbour is away, which is no fault of the message's."""

    max_in_flight: int = 64
    """Messages that the broker hands out before earlier ones are settled: the back-pressure."""

    concurrency: int = 8
    """Handlers at work at once, each on another aggregate. On SQLite they take turns anyway."""

    ack_wait: timedelta = timedelta(seconds=30)
    """After this silence the broker takes a reader for dead and delivers again. Work that goes on is announced."""

    handler_timeout: timedelta = timedelta(seconds=25)
    """A handler that takes longer is cancelled, rolled back and counted as failed."""

    latest_only: bool = False
    """Ignore an event older than one already handled of the same aggregate. For handlers that copy state."""

    def delay(self, attempt: int) -> timedelta:
        """Return the pause after a failed ``attempt``, counted from 1."""
        return self.backoff[min(attempt, len(self.backoff)) - 1]
