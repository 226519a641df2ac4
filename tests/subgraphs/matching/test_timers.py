from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from shared.clock import ManualClock
from shared.database import Database
from shared.idempotency import KEPT_FOR, run_once
from subgraphs.matching.flows import SearchFlow
from subgraphs.matching.timers import Housekeeping


async def test_a_key_is_forgotten_when_its_time_is_over(
    database: Database, clock: ManualClock
) -> None:
    async def make() -> UUID:
        return uuid4()

    async def make_once() -> UUID:
        async with database.transaction() as session:
            return await run_once(
                session, make, actor="a", mutation="m", key="k", arguments={}, now=clock.now()
            )

    housekeeping = Housekeeping(database, clock, SearchFlow(database, clock))
    first = await make_once()
    await housekeeping.forget_keys()
    remembered = await make_once()
    clock.advance(KEPT_FOR + timedelta(seconds=1))
    await housekeeping.forget_keys()

    assert remembered == first
    assert await make_once() != first
