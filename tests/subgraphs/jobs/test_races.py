"""Two at once, on SQLite and on PostgreSQL: the first to commit wins, and both sides agree."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.jobs.errors import IllegalTransition
from subgraphs.jobs.models import Job
from subgraphs.jobs.service import JobService, job_id_of
from subgraphs.jobs.states import JobState

from .builders import PHOTO_SHA256, a_found_worker, a_job, facts


async def test_a_worker_found_while_the_order_is_cancelled_leaves_a_cancelled_job(
    any_database: Database, clock: ManualClock
) -> None:
    found = [a_found_worker(clock) for _ in range(5)]

    async def create(number: int) -> None:
        async with any_database.transaction() as session:
            await JobService(session, clock).create(found[number], event_id=str(uuid4()))

    async def cancel(number: int) -> None:
        async with any_database.transaction() as session:
            await JobService(session, clock).cancel_order(
                found[number].order_id, reason="no", event_id=str(uuid4())
            )

    await asyncio.gather(*(step(number) for number in range(5) for step in (create, cancel)))

    async with any_database.transaction() as session:
        for each in found:
            job = await session.get_one(Job, job_id_of(each.order_id))
            assert job.state is JobState.CANCELLED
            assert await facts(session, job.id) == ["created", "finished"]


async def test_of_a_start_and_a_refusal_at_once_one_wins(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        job = await a_job(session, clock)

    async def attempt(what: str) -> bool:
        try:
            async with any_database.transaction() as session:
                service = JobService(session, clock)
                if what == "start":
                    await service.check_in(job.id, worker_id=job.worker_id, sha256=PHOTO_SHA256)
                else:
                    await service.decline(job.id, worker_id=job.worker_id, reason="tired")
        except IllegalTransition:
            return False
        return True

    started, declined = await asyncio.gather(attempt("start"), attempt("decline"))

    assert started != declined
    async with any_database.transaction() as session:
        expected = "started" if started else "finished"
        assert await facts(session, job.id) == ["created", expected]
