"""What matching does by itself: the queue of searches, and idempotency keys whose time is over.

A timer that is late or runs twice does no harm: searches are leased, and a key is dropped once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.database import Database
from shared.idempotency import forget_old_keys
from shared.timers import Timer

from .flows import SearchFlow

POLL_EVERY = timedelta(seconds=1)
KEYS_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Keeps the queue moving and the database small."""

    database: Database
    clock: Clock
    queue: SearchFlow

    def timers(self) -> Sequence[Timer]:
        """Return what to do and how often; the queue is also woken by every search accepted here."""
        return (
            Timer("matching-searches", POLL_EVERY, self.queue.run_due, self.queue.accepted),
            Timer("matching-keys", KEYS_EVERY, self.forget_keys),
        )

    async def forget_keys(self) -> None:
        """Drop idempotency keys whose time is over."""
        async with self.database.transaction() as session:
            await forget_old_keys(session, now=self.clock.now())
