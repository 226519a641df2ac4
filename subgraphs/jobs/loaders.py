"""What one request carries: its DataLoaders, so that a page of jobs costs one statement per kind of thing.

Every batch reads in a session of its own, since resolvers run side by side and a session serves one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from shared.database import Database
from shared.request_context import RequestContext

from .flows import EvidenceFlow, SupplyFlow
from .models import Evidence, Job, JobStep
from .repository import JobRepository
from .states import JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsContext(RequestContext):
    """The context of a request to jobs."""

    job: DataLoader[UUID, Job | None]
    job_of: DataLoader[UUID, Job | None]
    steps: DataLoader[UUID, list[JobStep]]
    evidence: DataLoader[UUID, list[Evidence]]
    counts: DataLoader[UUID, dict[JobState, int]]
    supplies: SupplyFlow
    photos: EvidenceFlow
    requires_supplies: bool


Info: TypeAlias = strawberry.Info[JobsContext, None]


@dataclass(frozen=True, slots=True)
class Batches:
    """The batch functions behind the loaders."""

    database: Database

    async def jobs(self, ids: Sequence[UUID]) -> Sequence[Job | None]:
        """Load jobs by id."""
        async with self.database.reading() as session:
            found = await JobRepository(session).find_jobs(ids)
        return [found.get(job_id) for job_id in ids]

    async def jobs_of(self, ids: Sequence[UUID]) -> Sequence[Job | None]:
        """Load the jobs of orders."""
        async with self.database.reading() as session:
            found = await JobRepository(session).find_jobs_of(ids)
        return [found.get(order_id) for order_id in ids]

    async def steps(self, ids: Sequence[UUID]) -> Sequence[list[JobStep]]:
        """Load timelines."""
        async with self.database.reading() as session:
            found = await JobRepository(session).find_steps(ids)
        return [found[job_id] for job_id in ids]

    async def evidence(self, ids: Sequence[UUID]) -> Sequence[list[Evidence]]:
        """Load evidence."""
        async with self.database.reading() as session:
            found = await JobRepository(session).find_evidence(ids)
        return [found[job_id] for job_id in ids]

    async def counts(self, ids: Sequence[UUID]) -> Sequence[dict[JobState, int]]:
        """Load how many jobs workers have in each state."""
        async with self.database.reading() as session:
            found = await JobRepository(session).count_by_state(ids)
        return [found[worker_id] for worker_id in ids]
