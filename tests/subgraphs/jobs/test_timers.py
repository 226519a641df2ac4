from __future__ import annotations

import asyncio
from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.jobs.models import Job
from subgraphs.jobs.states import JobState
from subgraphs.jobs.timers import Deadlines

from .builders import a_job, facts


async def test_what_is_due_ends_once_though_several_instances_look(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        missed = await a_job(session, clock)
        silent = await a_job(session, clock, state=JobState.REPORT_SUBMITTED)
        later = await a_job(session, clock, starts_at=clock.now() + timedelta(days=2))
    clock.advance(timedelta(hours=24))

    await asyncio.gather(*(Deadlines(any_database, clock).expire_due() for _ in range(3)))
    left = await Deadlines(any_database, clock).expire_due()

    async with any_database.transaction() as session:
        states = [(await session.get_one(Job, job.id)).state for job in (missed, silent, later)]
        ends = [(await facts(session, job.id)).count("finished") for job in (missed, silent, later)]
    assert states == [JobState.FAILED, JobState.DONE, JobState.ASSIGNED]
    assert ends == [1, 1, 0]
    assert left == 0
