"""The queue of searches, on SQLite and on PostgreSQL: nobody is booked twice, nothing is decided twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.matching.errors import SearchActive
from subgraphs.matching.flows import BATCH, SearchFlow
from subgraphs.matching.models import Booking, PipelineVersion, Search
from subgraphs.matching.service import DecisionService
from subgraphs.matching.states import SearchState
from tests.support.service import migrated_database

from .builders import a_request, accept, hire, recorded


async def states(database: Database) -> Counter[str]:
    async with database.reading() as session:
        return Counter(await session.scalars(select(Search.state)))


async def test_what_is_queued_is_decided(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as session:
        await hire(session, clock)
        await accept(session, clock)
        await accept(session, clock)
    flow = SearchFlow(database, clock)

    tried = await flow.run_due()
    again = await flow.run_due()

    assert (tried, again) == (2, 0)
    assert await states(database) == {SearchState.FOUND: 1, SearchState.EXHAUSTED: 1}


async def test_more_than_a_batch_is_gone_on_with_at_once(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        for _ in range(BATCH + 1):
            await accept(session, clock)
    flow = SearchFlow(database, clock)

    assert await flow.run_due() == BATCH
    assert flow.accepted.is_set()
    assert await flow.run_due() == 1


async def test_a_search_that_cannot_be_decided_holds_up_none_of_the_others(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        await hire(session, clock)
        broken = await accept(session, clock)
        clock.advance(timedelta(seconds=1))
        sound = await accept(session, clock)
        # A pipeline that code of today cannot read.
        session.add(
            PipelineVersion(
                version=2,
                id=uuid4(),
                steps=[],
                active=False,
                created_by="m",
                created_at=clock.now(),
            )
        )
        broken.pipeline_version = 2
    flow = SearchFlow(database, clock)

    tried = await flow.run_due()

    assert tried == 2
    async with database.reading() as session:
        assert (await session.get_one(Search, sound.id)).state is SearchState.FOUND
        assert (await session.get_one(Search, broken.id)).state is SearchState.RUNNING

    async with database.transaction() as session:
        await session.execute(update(Search).values(pipeline_version=1))
    clock.advance(timedelta(seconds=30))
    assert await flow.run_due() == 1
    async with database.reading() as session:
        assert (await session.get_one(Search, broken.id)).state is SearchState.EXHAUSTED


async def test_many_runners_share_one_queue_and_book_every_worker_once(
    any_database: Database, clock: ManualClock
) -> None:
    """Twelve searches for one slot and five workers: five find somebody, whoever runs them."""
    async with any_database.transaction() as session:
        for _ in range(5):
            await hire(session, clock)
        for _ in range(12):
            await accept(session, clock)

    flows = [SearchFlow(any_database, clock) for _ in range(4)]
    tried = await asyncio.gather(*(flow.run_due() for flow in flows))

    assert sum(tried) == 12
    assert await states(any_database) == {SearchState.FOUND: 5, SearchState.EXHAUSTED: 7}
    async with any_database.transaction() as session:
        booked = list(await session.scalars(select(Booking.worker_id)))
        subjects = Counter(subject for subject, _ in await recorded(session))
    assert len(set(booked)) == len(booked) == 5
    assert subjects == {"matching.worker-found.v1": 5, "matching.search.exhausted.v1": 7}


@pytest.mark.integration
async def test_two_decisions_at_once_for_one_worker_and_one_slot_book_them_once(
    postgres_url: str, clock: ManualClock
) -> None:
    """Both have read the pool before either books: the second waits for the worker's row, and finds them taken."""
    async with migrated_database("matching", postgres_url) as database:
        async with database.transaction() as session:
            await hire(session, clock)
            await accept(session, clock)
            await accept(session, clock)
        async with database.transaction() as session:
            claims = [await DecisionService(session, clock).claim_next() for _ in range(2)]

        async with database.transaction() as first:
            assert claims[0] is not None
            found = await DecisionService(first, clock).decide(claims[0])

            async def decide_second() -> Search | None:
                async with database.transaction() as second:
                    assert claims[1] is not None
                    return await DecisionService(second, clock).decide(claims[1])

            waiting = asyncio.create_task(decide_second())
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done
        late = await waiting

    assert found is not None
    assert late is not None
    assert (found.state, late.state) == (SearchState.FOUND, SearchState.EXHAUSTED)


async def test_two_requests_at_once_for_one_order_start_one_search(
    any_database: Database, clock: ManualClock
) -> None:
    order_id = uuid4()

    async def start(attempt: int) -> bool:
        try:
            async with any_database.transaction() as session:
                await accept(session, clock, a_request(clock, attempt=attempt), order_id=order_id)
        except SearchActive:
            return False
        return True

    started = await asyncio.gather(*(start(attempt) for attempt in range(1, 5)))

    assert sorted(started) == [False, False, False, True]
    assert await states(any_database) == {SearchState.ACCEPTED: 1}
