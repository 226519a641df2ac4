"""What orders does by itself: searches that are due, orders that nobody has in time, and old idempotency keys.

A timer that is late or runs twice does no harm: a search has one id however often it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.database import Database
from shared.idempotency import forget_old_keys
from shared.timers import Timer

from .flows import RETRY_EVERY, SearchFlow

KEYS_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Keeps orders moving and the database small."""

    database: Database
    clock: Clock
    search: SearchFlow

    def timers(self) -> Sequence[Timer]:
        """Return what to do and how often."""
        return (
            Timer("orders-search", RETRY_EVERY, self.search.retry_due),
            Timer("orders-unserved", RETRY_EVERY, self.search.call_off_unserved),
            Timer("orders-keys", KEYS_EVERY, self.forget_keys),
        )

    async def forget_keys(self) -> None:
        """Drop idempotency keys whose time is over."""
        async with self.database.transaction() as session:
            await forget_old_keys(session, now=self.clock.now())
