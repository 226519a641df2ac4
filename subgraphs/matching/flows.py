"""The queue of searches: run when one is accepted, and again and again for those that another instance left behind.

Claiming and deciding are two transactions, so that a search under way shows as RUNNING and a crash between them costs
no more than its lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from prometheus_client import Counter

from shared.clock import Clock
from shared.database import Database
from shared.logging import bind, get_logger

from .service import Claim, DecisionService
from .service.decisions import RETRY_AFTER

BATCH = 50
_log = get_logger(__name__)
_decided = Counter("cattery_matching_searches_total", "Searches decided", ["state"])
_failed = Counter("cattery_matching_searches_failed_total", "Searches whose run failed")


@dataclass(frozen=True, slots=True)
class SearchFlow:
    """Runs accepted searches, one after the other."""

    database: Database
    clock: Clock
    retry_after: Sequence[timedelta] = RETRY_AFTER
    accepted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there may be something to do."""

    def wake(self) -> None:
        """Say that a search was committed."""
        self.accepted.set()

    async def run_due(self) -> int:
        """Decide what is due, up to a batch, and return how many searches were tried; for a timer."""
        for count in range(BATCH):
            claim = await self._claim()
            if claim is None:
                return count
            await self._decide(claim)
        self.wake()
        return BATCH

    async def _claim(self) -> Claim | None:
        async with self.database.reading() as session:
            # An idle poll must not take SQLite's one write lock.
            if not await DecisionService(session, self.clock).has_due():
                return None
        async with self.database.transaction() as session:
            return await DecisionService(session, self.clock).claim_next()

    async def _decide(self, claim: Claim) -> None:
        with bind(search_id=str(claim.search_id)):
            try:
                async with self.database.transaction() as session:
                    search = await DecisionService(session, self.clock, self.retry_after).decide(
                        claim
                    )
            except Exception:  # noqa: BLE001  one search that fails must not hold up those after it
                # It stays claimed; when the lease is over it is tried again.
                _log.exception("search failed")
                _failed.inc()
                return
            if search is not None:
                _decided.labels(search.state).inc()
                _log.info("search decided", state=search.state, order_id=str(search.order_id))
