"""Jobs' object types, and whom their rows are shown to."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.identifiers import parse_id
from shared.money import Money
from shared.paging import Page
from subgraphs.jobs.access import can_see_job, can_see_worker
from subgraphs.jobs.loaders import Info
from subgraphs.jobs.models import Evidence, Job, JobStep
from subgraphs.jobs.repository import JobRepository, JobSearch
from subgraphs.jobs.states import FINAL, EvidenceKind, FailCause, JobState, Outcome

strawberry.enum(JobState)
strawberry.enum(Outcome)
strawberry.enum(FailCause)
strawberry.enum(EvidenceKind)


@strawberry.type(name="Evidence")
class EvidenceType:
    """A photo that proves something about a job."""

    kind: EvidenceKind
    blob_ref: str = strawberry.field(description="The photo itself is at GET /blobs/{blobRef}.")
    sha256: str
    at: datetime

    @classmethod
    def from_row(cls, row: Evidence) -> Self:
        """Show a piece of evidence."""
        return cls(kind=row.kind, blob_ref=row.sha256, sha256=row.sha256, at=row.at)


@strawberry.type(name="JobStep")
class JobStepType:
    """One step of a job's timeline."""

    at: datetime
    from_: JobState | None = strawberry.field(name="from")
    to: JobState
    actor: str
    cause_event_id: strawberry.ID | None
    note: str | None

    @classmethod
    def from_row(cls, row: JobStep) -> Self:
        """Show a step."""
        event_id = row.cause_event_id
        return cls(
            at=row.at,
            from_=row.from_state,
            to=row.to_state,
            actor=row.actor,
            cause_event_id=None if event_id is None else strawberry.ID(event_id),
            note=row.note,
        )


@strawberry.federation.type(name="Job", keys=["id"])
class JobType:
    """What one worker does for one order."""

    id: strawberry.ID
    order_id: strawberry.ID | None
    worker_id: strawberry.ID | None
    state: JobState | None
    outcome: Outcome | None
    fail_cause: FailCause | None
    starts_at: datetime | None
    place: str | None
    brief: str | None
    price: Money | None
    supply_request_id: strawberry.ID | None
    version: int | None
    created_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def from_row(cls, row: Job) -> Self:
        """Show a job."""
        supplies = row.supply_request_id
        return cls(
            id=strawberry.ID(str(row.id)),
            order_id=strawberry.ID(str(row.order_id)),
            worker_id=strawberry.ID(str(row.worker_id)),
            state=row.state,
            outcome=row.outcome,
            fail_cause=row.fail_cause,
            starts_at=row.starts_at,
            place=row.place,
            brief=row.brief,
            price=Money.of(row.price_minor),
            supply_request_id=None if supplies is None else strawberry.ID(str(supplies)),
            version=row.version,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )

    @classmethod
    def if_visible(cls, info: Info, row: Job | None) -> Self | None:
        """Show a job to those who may see it; to others it does not exist."""
        if row is None or not can_see_job(
            info.context.principal, client_id=row.client_id, worker_id=row.worker_id
        ):
            return None
        return cls.from_row(row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find a job that another subgraph refers to."""
        return cls.if_visible(info, await info.context.job.load(parse_id(id)))

    @strawberry.field
    def order(self) -> OrderType | None:
        """The order that the job is for."""
        return None if self.order_id is None else OrderType(id=self.order_id)

    @strawberry.field
    def worker(self) -> WorkerType | None:
        """Whose job it is."""
        return None if self.worker_id is None else WorkerType(id=self.worker_id)

    @strawberry.field
    async def evidence(self, info: Info) -> list[EvidenceType] | None:
        """What shows that the work was begun and done."""
        rows = await info.context.evidence.load(UUID(self.id))
        return [EvidenceType.from_row(row) for row in rows]

    @strawberry.field
    async def timeline(self, info: Info) -> list[JobStepType] | None:
        """What happened to the job, step by step."""
        return [JobStepType.from_row(row) for row in await info.context.steps.load(UUID(self.id))]


@strawberry.type
class JobPage:
    """A page of jobs, newest first."""

    nodes: list[JobType]
    end_cursor: str | None
    has_next_page: bool
    total_count: int

    @classmethod
    def from_page(cls, page: Page[Job]) -> Self:
        """Show a page."""
        return cls(
            nodes=[JobType.from_row(row) for row in page.rows],
            end_cursor=page.end_cursor,
            has_next_page=page.has_next,
            total_count=page.total,
        )


@strawberry.federation.type(name="Order", keys=["id"])
class OrderType:
    """An order, with its job."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:  # noqa: A002
        """Take any order: one without a worker has no job."""
        return cls(id=id)

    @strawberry.field
    async def job(self, info: Info) -> JobType | None:
        """What the worker does for this order."""
        return JobType.if_visible(info, await info.context.job_of.load(parse_id(self.id)))


@strawberry.type
class WorkerStats:
    """How many jobs a worker has, and how they ended."""

    done: int
    failed: int
    cancelled: int
    active: int


@strawberry.federation.type(name="Worker", keys=["id"])
class WorkerType:
    """A worker, with their jobs."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:  # noqa: A002
        """Take any worker: a new one has no jobs."""
        return cls(id=id)

    @strawberry.field
    async def jobs(
        self,
        info: Info,
        state: list[JobState] | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> JobPage | None:
        """The worker's jobs, newest first; null for those who may not know."""
        worker_id = parse_id(self.id)
        if not can_see_worker(info.context.principal, worker_id=worker_id):
            return None
        search = JobSearch(states=state, worker_id=worker_id)
        async with info.context.reading() as session:
            return JobPage.from_page(
                await JobRepository(session).page_jobs(search, first=first, after=after)
            )

    @strawberry.field
    async def stats(self, info: Info) -> WorkerStats | None:
        """How many jobs the worker has; null for those who may not know."""
        worker_id = parse_id(self.id)
        if not can_see_worker(info.context.principal, worker_id=worker_id):
            return None
        counts = await info.context.counts.load(worker_id)
        return WorkerStats(
            done=counts.get(JobState.DONE, 0),
            failed=counts.get(JobState.FAILED, 0),
            cancelled=counts.get(JobState.CANCELLED, 0),
            active=sum(count for state, count in counts.items() if state not in FINAL),
        )


@strawberry.type
class SupplyTicket:
    """Whether the supplies were requested."""

    job: JobType
    supply_request_id: strawberry.ID
    created: bool = strawberry.field(
        description="Whether this key made the request; false when the job had one already."
    )
