"""Queries that read differently on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.matching.pipeline import DEFAULT_STEPS
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.service import DecisionService, PipelineService
from subgraphs.matching.states import PoolState

from .builders import CLEANING, accept, hire, search_for


async def test_the_queue_and_the_pool_are_read_alike_on_both_databases(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        workers = sorted([await hire(session, clock) for _ in range(3)])
        found = await search_for(session, clock)
        first = await accept(session, clock)
        clock.advance(timedelta(seconds=1))
        second = await accept(session, clock)

    async with any_database.reading() as session:
        repository = MatchingRepository(session)
        waiting = [await repository.count_before(search) for search in (first, second)]
        listed = await repository.list_pool(
            states=[PoolState.ACTIVE],
            skill=CLEANING,
            now=clock.now(),
            first=2,
            after=str(workers[0]),
        )
        at_work = await repository.list_pool(
            states=[PoolState.BUSY], skill=None, now=found.starts_at, first=50, after=None
        )
        explained = await DecisionService(session, clock).explain(found.order_id, workers[0])

    assert waiting == [0, 1]
    assert listed == workers[1:]
    assert at_work == [found.worker_id]
    assert explained[-1].trace.name == "pick"


async def test_pipelines_are_published_alike_on_both_databases(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        service, repository = PipelineService(session, clock), MatchingRepository(session)
        await service.publish(DEFAULT_STEPS, by="an admin")
        await service.activate(2, by="an admin")
        await service.activate(1, by="an admin")

        assert (await repository.find_active_pipeline()).version == 1
