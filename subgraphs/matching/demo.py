"""The demo's part in matching: its worker can be found for the service it offers."""

from __future__ import annotations

from shared.clock import Clock
from shared.database import Database
from shared.demo import CLEANING, demo_id

from .pipeline import Trait
from .repository import MatchingRepository
from .service import Hiring, PoolService


async def seed_demo(database: Database, clock: Clock) -> None:
    """Take the demo's worker into the pool, unless they are or were in it already."""
    worker_id = demo_id("worker")
    async with database.transaction() as session:
        if await MatchingRepository(session).lock_member(worker_id) is None:
            hiring = Hiring(
                worker_id=worker_id,
                strengths=(Trait("tidy", 90), Trait("punctual", 85)),
                weaknesses=(Trait("chatty", 20),),
                skills=(CLEANING,),
                hired_at=clock.now(),
            )
            await PoolService(session, clock).hire(hiring)
