from __future__ import annotations

import asyncio
from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.jobs.models import Job
from subgraphs.jobs.states import JobState
from subgraphs.jobs.timers import Deadlines

from .builders import a_job, facts


async def test_what_is_due_is_told_once_though_several_instances_look(
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
        told = [(await facts(session, job.id))[-2:] for job in (missed, silent, later)]
    assert states == [JobState.ASSIGNED, JobState.DONE, JobState.ASSIGNED]
    assert told == [["created", "missed"], ["started", "finished"], ["created"]]
    assert left == 0
