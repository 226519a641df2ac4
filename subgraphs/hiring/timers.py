"""What the clock does to applications: overdue attempts end, idle applications expire. Each in its own transaction.

A timer that is late or runs twice does no harm: the commands look at the clock again under the lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.clock import Clock
from shared.database import Database
from shared.idempotency import forget_old_keys
from shared.timers import Timer

from .repository import HiringRepository
from .service import ApplicationService, AttemptService
from .service.applications import IDLE_AFTER
from .settings import DecisionSettings

ATTEMPTS_EVERY = timedelta(seconds=5)
APPLICATIONS_EVERY = timedelta(minutes=1)
KEYS_EVERY = timedelta(hours=1)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Ends what has run out of time."""

    database: Database
    clock: Clock
    settings: DecisionSettings = field(default_factory=DecisionSettings)

    def timers(self) -> Sequence[Timer]:
        """Return what to do and how often."""
        return (
            Timer("hiring-attempts", ATTEMPTS_EVERY, self.expire_attempts),
            Timer("hiring-applications", APPLICATIONS_EVERY, self.expire_applications),
            Timer("hiring-keys", KEYS_EVERY, self.forget_keys),
        )

    async def expire_attempts(self) -> None:
        """End every attempt past its deadline or time limit, and decide the applications that leaves settled."""
        async with self.database.reading() as session:
            overdue = await HiringRepository(session).find_overdue(
                now=self.clock.now(), limit=BATCH
            )
        for application_id in overdue:
            async with self.database.transaction() as session:
                await AttemptService(session, self.clock, self.settings).expire_overdue(
                    application_id
                )

    async def expire_applications(self) -> None:
        """End every open application that nobody has touched for 30 days."""
        since = self.clock.now() - IDLE_AFTER
        async with self.database.reading() as session:
            idle = await HiringRepository(session).find_idle(since=since, limit=BATCH)
        for application_id in idle:
            async with self.database.transaction() as session:
                await ApplicationService(session, self.clock).expire_if_idle(application_id)

    async def forget_keys(self) -> None:
        """Drop idempotency keys whose time is over."""
        async with self.database.transaction() as session:
            await forget_old_keys(session, now=self.clock.now())
