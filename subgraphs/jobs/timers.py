"""What the clock says to jobs: nobody came, or the client said nothing. Each job in its own transaction.

A timer that is late or runs twice does no harm: the command looks at the clock again under the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.database import Database
from shared.timers import Timer

from .repository import JobRepository
from .service import JobService

EVERY = timedelta(seconds=2)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Acts on jobs whose time is over."""

    database: Database
    clock: Clock

    def timers(self) -> Sequence[Timer]:
        """Return what to do and how often."""
        return (Timer("jobs-deadlines", EVERY, self.expire_due),)

    async def expire_due(self) -> int:
        """Act on what is due, up to a batch, and return how many jobs that was."""
        async with self.database.reading() as session:
            due = await JobRepository(session).find_due(now=self.clock.now(), limit=BATCH)
        for job_id in due:
            async with self.database.transaction() as session:
                await JobService(session, self.clock).expire(job_id)
        return len(due)
