"""What accounts does by itself: locks that end, keys that rotate, rows that have had their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.database import Database
from shared.idempotency import forget_old_keys
from shared.timers import Timer

from .repository import AccountRepository, CredentialRepository, SessionRepository
from .service import AccountService
from .service.credentials import LOCKED_FOR
from .signing_keys import KeyRing

UNLOCK_EVERY = timedelta(seconds=10)
ROTATE_EVERY = timedelta(minutes=1)
PRUNE_EVERY = timedelta(hours=1)
ENDED_SESSIONS_KEPT = timedelta(days=30)
RESETS_KEPT = timedelta(days=7)
BATCH = 100


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """The work of the timers; all of it is safe to repeat."""

    database: Database
    clock: Clock
    ring: KeyRing

    def timers(self) -> Sequence[Timer]:
        """Return what to do and how often."""
        return (
            Timer("accounts-unlock", UNLOCK_EVERY, self.unlock_expired),
            Timer("accounts-keys", ROTATE_EVERY, self.ring.rotate),
            Timer("accounts-prune", PRUNE_EVERY, self.prune),
        )

    async def unlock_expired(self) -> None:
        """Unlock accounts whose lock after failed logins is over."""
        async with self.database.reading() as session:
            due = await AccountRepository(session).find_lock_expired(
                now=self.clock.now(), limit=BATCH
            )
        for account_id in due:
            async with self.database.transaction() as session:
                await AccountService(session, self.clock).unlock_expired(account_id)

    async def prune(self) -> None:
        """Delete what nobody can use or wants to see any more."""
        now = self.clock.now()
        async with self.database.transaction() as session:
            credentials = CredentialRepository(session)
            await credentials.prune_attempts(counted_before=now - LOCKED_FOR, now=now)
            await credentials.prune_resets(requested_before=now - RESETS_KEPT)
            await SessionRepository(session).prune(ended_before=now - ENDED_SESSIONS_KEPT)
            await forget_old_keys(session, now=now)
