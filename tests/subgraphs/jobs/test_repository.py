"""Queries that read differently on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from subgraphs.jobs.repository import JobRepository, JobSearch
from subgraphs.jobs.states import JobState, Outcome

from .builders import PHOTO_SHA256, a_job


async def test_jobs_are_read_alike_on_both_databases(
    any_database: Database, clock: ManualClock
) -> None:
    async with any_database.transaction() as session:
        done = []
        for _ in range(3):
            done.append(await a_job(session, clock, state=JobState.DONE))
            clock.advance(timedelta(seconds=1))
        assigned = await a_job(session, clock)
    search = JobSearch(
        states=[JobState.DONE],
        outcome=Outcome.DONE,
        finished_from=clock.now() - timedelta(hours=1),
        finished_to=clock.now(),
        starts_to=clock.now() + timedelta(hours=1),
    )

    async with any_database.reading() as session:
        repository = JobRepository(session)
        page = await repository.page_jobs(search, first=2, after=None)
        rest = await repository.page_jobs(search, first=2, after=page.end_cursor)
        counts = await repository.count_by_state([assigned.worker_id])
        drawn = await repository.list_done(since=clock.now() - timedelta(hours=1))
        proven = await repository.find_proven_by(PHOTO_SHA256)
        due = await repository.find_due(now=clock.now() + timedelta(hours=1), limit=10)

    ids = [job.id for job in done]
    assert [job.id for job in (*page.rows, *rest.rows)] == ids[::-1]
    assert (page.total, page.has_next, rest.has_next) == (3, True, False)
    assert counts == {assigned.worker_id: {JobState.ASSIGNED: 1}}
    assert list(drawn) == sorted(ids)
    assert {job.id for job in proven} == set(ids)
    assert list(due) == [assigned.id]
