"""All of jobs' SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.paging import Page, read_page

from .models import Evidence, Job, JobStep, KnownOrder
from .states import JobState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSearch:
    """Which jobs to list; ``None`` leaves a condition out. Ends of intervals do not belong to them."""

    states: Collection[JobState] | None = None
    worker_id: UUID | None = None
    outcome: Outcome | None = None
    finished_from: datetime | None = None
    finished_to: datetime | None = None
    starts_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobRepository:
    """Reads and locks rows of one session."""

    session: AsyncSession

    async def lock_order(self, order_id: UUID) -> KnownOrder:
        """Return the order's row, made if need be, and keep others from it until the transaction ends."""
        insert = (
            postgresql_insert
            if self.session.get_bind().dialect.name == "postgresql"
            else sqlite_insert
        )
        await self.session.execute(
            insert(KnownOrder).values(order_id=order_id).on_conflict_do_nothing()
        )
        found = await self.session.scalars(
            select(KnownOrder).where(KnownOrder.order_id == order_id).with_for_update()
        )
        return found.one()

    async def lock_job(self, job_id: UUID) -> Job | None:
        """Return the job and keep others from changing it until the transaction ends."""
        found = await self.session.scalars(select(Job).where(Job.id == job_id).with_for_update())
        return found.one_or_none()

    async def lock_job_of(self, order_id: UUID) -> Job | None:
        """Return the order's job and keep others from changing it."""
        found = await self.session.scalars(
            select(Job).where(Job.order_id == order_id).with_for_update()
        )
        return found.one_or_none()

    async def find_jobs(self, job_ids: Collection[UUID]) -> dict[UUID, Job]:
        """Return the jobs that exist among ``job_ids``."""
        found = await self.session.scalars(select(Job).where(Job.id.in_(job_ids)))
        return {job.id: job for job in found}

    async def find_jobs_of(self, order_ids: Collection[UUID]) -> dict[UUID, Job]:
        """Return the jobs of those orders that have one."""
        found = await self.session.scalars(select(Job).where(Job.order_id.in_(order_ids)))
        return {job.order_id: job for job in found}

    async def find_by_supply_key(self, worker_id: UUID, key: str) -> Job | None:
        """Return the job whose supplies the worker has requested with this key."""
        found = await self.session.scalars(
            select(Job).where(Job.worker_id == worker_id, Job.supply_key == key)
        )
        return found.one_or_none()

    async def find_due(self, *, now: datetime, limit: int) -> Sequence[UUID]:
        """Return the jobs whose time is over, the longest overdue first."""
        found = await self.session.scalars(
            select(Job.id).where(Job.due_at <= now).order_by(Job.due_at).limit(limit)
        )
        return found.all()

    async def page_jobs(self, search: JobSearch, *, first: int, after: str | None) -> Page[Job]:
        """Return a page of jobs, newest first."""
        return await read_page(
            self.session,
            _matching(search),
            sort=Job.created_at,
            id_=Job.id,
            first=first,
            after=after,
        )

    async def list_done(self, *, since: datetime) -> Sequence[UUID]:
        """Return the jobs done since then, by id."""
        found = await self.session.scalars(
            select(Job.id)
            .where(Job.state == JobState.DONE, Job.finished_at >= since)
            .order_by(Job.id)
        )
        return found.all()

    async def count_by_state(self, worker_ids: Collection[UUID]) -> dict[UUID, dict[JobState, int]]:
        """Return how many jobs each worker has in each state."""
        found = await self.session.execute(
            select(Job.worker_id, Job.state, func.count())
            .where(Job.worker_id.in_(worker_ids))
            .group_by(Job.worker_id, Job.state)
        )
        counts: dict[UUID, dict[JobState, int]] = {worker_id: {} for worker_id in worker_ids}
        for worker_id, state, count in found:
            counts[worker_id][state] = count
        return counts

    async def find_steps(self, job_ids: Collection[UUID]) -> dict[UUID, list[JobStep]]:
        """Return the timelines of ``job_ids``."""
        found = await self.session.scalars(
            select(JobStep).where(JobStep.job_id.in_(job_ids)).order_by(JobStep.seq)
        )
        timelines: dict[UUID, list[JobStep]] = {job_id: [] for job_id in job_ids}
        for step in found:
            timelines[step.job_id].append(step)
        return timelines

    async def next_step(self, job_id: UUID) -> int:
        """Return the number of the job's next step; the job must be locked."""
        last = await self.session.scalar(
            select(func.max(JobStep.seq)).where(JobStep.job_id == job_id)
        )
        return (last or 0) + 1

    async def find_evidence(self, job_ids: Collection[UUID]) -> dict[UUID, list[Evidence]]:
        """Return each job's evidence, oldest first."""
        found = await self.session.scalars(
            select(Evidence).where(Evidence.job_id.in_(job_ids)).order_by(Evidence.at)
        )
        evidence: dict[UUID, list[Evidence]] = {job_id: [] for job_id in job_ids}
        for item in found:
            evidence[item.job_id].append(item)
        return evidence

    async def find_proven_by(self, sha256: str) -> Sequence[Job]:
        """Return the jobs that a blob is evidence of."""
        found = await self.session.scalars(
            select(Job).join(Evidence, Evidence.job_id == Job.id).where(Evidence.sha256 == sha256)
        )
        return found.all()


def _matching(search: JobSearch) -> Select[Job]:
    wanted = select(Job)
    if search.states is not None:
        wanted = wanted.where(Job.state.in_(search.states))
    if search.worker_id is not None:
        wanted = wanted.where(Job.worker_id == search.worker_id)
    if search.outcome is not None:
        wanted = wanted.where(Job.outcome == search.outcome)
    if search.finished_from is not None:
        wanted = wanted.where(Job.finished_at >= search.finished_from)
    if search.finished_to is not None:
        wanted = wanted.where(Job.finished_at < search.finished_to)
    if search.starts_to is not None:
        wanted = wanted.where(Job.starts_at < search.starts_to)
    return wanted
