"""Matching's object types, and whom their rows are shown to."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from shared.identifiers import parse_id
from subgraphs.matching.access import can_see_pool_member, can_see_searches
from subgraphs.matching.loaders import Info, PoolEntry
from subgraphs.matching.models import Booking, PipelineVersion, Search
from subgraphs.matching.results import rating_bps
from subgraphs.matching.service import StepExplanation, read_steps
from subgraphs.matching.states import ExhaustedReason, PoolState, SearchState

strawberry.enum(SearchState)
strawberry.enum(PoolState)
strawberry.enum(ExhaustedReason)


@strawberry.type
class SearchStep:
    """What one step of the pipeline did."""

    name: str
    version: int
    candidates_in: int
    candidates_out: int
    took_micros: int
    note: str | None = strawberry.field(
        description="Which wishes were relaxed, that the step failed and was skipped, or what became of the worker "
        "who is being explained."
    )

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Show a step of a trace."""
        return cls(**row)

    @classmethod
    def from_explanation(cls, explanation: StepExplanation) -> Self:
        """Show a step and what became of one worker in it."""
        trace = explanation.trace
        return cls(
            name=trace.name,
            version=trace.version,
            candidates_in=trace.candidates_in,
            candidates_out=trace.candidates_out,
            took_micros=trace.took_micros,
            note="; ".join(filter(None, (explanation.note, trace.note))),
        )


@strawberry.federation.type(name="Search", keys=["id"])
class SearchType:
    """One attempt at finding a worker for an order."""

    id: strawberry.ID
    order_id: strawberry.ID
    state: SearchState
    pipeline_version: int
    attempt: int
    pool_size: int
    excluded: list[strawberry.ID]
    steps: list[SearchStep]
    chosen: WorkerType | None
    score_bps: int | None
    exhausted_reason: ExhaustedReason | None
    requested_at: datetime
    decided_at: datetime | None

    @classmethod
    def from_row(cls, row: Search) -> Self:
        """Show a search."""
        return cls(
            id=strawberry.ID(str(row.id)),
            order_id=strawberry.ID(str(row.order_id)),
            state=row.state,
            pipeline_version=row.pipeline_version,
            attempt=row.attempt,
            pool_size=row.pool_size,
            excluded=[strawberry.ID(worker_id) for worker_id in row.excluded],
            steps=[SearchStep.from_row(step) for step in row.steps],
            chosen=None if row.worker_id is None else WorkerType.of(row.worker_id),
            score_bps=row.score_bps,
            exhausted_reason=row.exhausted_reason,
            requested_at=row.requested_at,
            decided_at=row.decided_at,
        )

    @classmethod
    async def find(cls, info: Info, search_id: UUID) -> Self | None:
        """Show a search to those who may see it; to others it does not exist."""
        if not can_see_searches(info.context.principal):
            return None
        row = await info.context.search.load(search_id)
        return None if row is None else cls.from_row(row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find a search that another subgraph refers to."""
        return await cls.find(info, parse_id(id))

    @strawberry.field
    def order(self) -> OrderType | None:
        """The order that a worker is wanted for."""
        return OrderType(id=self.order_id)


@strawberry.federation.type(name="Order", keys=["id"])
class OrderType:
    """An order, with the searches for its worker."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:  # noqa: A002
        """Take any order: those never searched for have no searches."""
        return cls(id=id)

    @strawberry.field
    async def searches(self, info: Info) -> list[SearchType] | None:
        """Every search for this order's worker, the first attempt first; null for those who may not know."""
        if not can_see_searches(info.context.principal):
            return None
        rows = await info.context.searches_of.load(parse_id(self.id))
        return [SearchType.from_row(row) for row in rows]


@strawberry.federation.type(shareable=True)
class Trait:
    """Something a worker is good or bad at."""

    code: str
    weight: int


@strawberry.type(name="Slot")
class SlotType:
    """A stretch of a worker's time that is taken."""

    from_: datetime = strawberry.field(name="from")
    to: datetime
    job_id: strawberry.ID | None

    @classmethod
    def from_row(cls, row: Booking) -> Self:
        """Show a booking."""
        return cls(from_=row.starts_at, to=row.ends_at, job_id=strawberry.ID(str(row.job_id)))


@strawberry.type(name="PoolMember")
class PoolMemberType:
    """A worker's place in the pool."""

    state: PoolState
    state_reason: str | None
    skills: list[strawberry.ID]
    strengths: list[Trait]
    weaknesses: list[Trait]
    rating_bps: int
    done: int
    failed: int
    booked_slots: list[SlotType]
    joined_at: datetime

    @classmethod
    def from_entry(cls, entry: PoolEntry, now: datetime) -> Self:
        """Show a worker's place in the pool as it is ``now``."""
        member = entry.member
        return cls(
            state=_shown_state(entry, now),
            state_reason=member.state_reason,
            skills=[strawberry.ID(str(skill)) for skill in entry.skills],
            strengths=[Trait(**trait) for trait in member.strengths],
            weaknesses=[Trait(**trait) for trait in member.weaknesses],
            rating_bps=rating_bps(member.done, member.failed),
            done=member.done,
            failed=member.failed,
            booked_slots=[SlotType.from_row(booking) for booking in entry.bookings],
            joined_at=member.joined_at,
        )


@strawberry.federation.type(name="Worker", keys=["id"])
class WorkerType:
    """A worker, with their place in the pool."""

    id: strawberry.ID

    @classmethod
    def of(cls, worker_id: UUID) -> Self:
        """Refer to a worker."""
        return cls(id=strawberry.ID(str(worker_id)))

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Self:  # noqa: A002
        """Take any worker: those never hired have no place in the pool."""
        return cls(id=id)

    @strawberry.field
    async def pool(self, info: Info) -> PoolMemberType | None:
        """The worker's place in the pool; null for those who may not know."""
        worker_id = parse_id(self.id)
        if not can_see_pool_member(info.context.principal, worker_id=worker_id):
            return None
        entry = await info.context.pool_entry.load(worker_id)
        return None if entry is None else PoolMemberType.from_entry(entry, info.context.clock.now())


@strawberry.type(name="PipelineStep")
class PipelineStepType:
    """A step of a pipeline, as data."""

    name: str
    config: str = strawberry.field(description="JSON; what it leaves out is at its default.")


@strawberry.type(name="Pipeline")
class PipelineType:
    """A version of the algorithm that finds workers."""

    version: int
    active: bool
    steps: list[PipelineStepType]
    created_by: strawberry.ID
    created_at: datetime

    @classmethod
    def from_row(cls, row: PipelineVersion) -> Self:
        """Show a pipeline."""
        return cls(
            version=row.version,
            active=row.active,
            steps=[PipelineStepType(name=s.name, config=s.config) for s in read_steps(row)],
            created_by=strawberry.ID(row.created_by),
            created_at=row.created_at,
        )


@strawberry.federation.type(inaccessible=True)
class SearchAck:
    """What orders is told at once; the worker comes as an event."""

    search_id: strawberry.ID
    accepted: bool
    position: int | None = strawberry.field(
        description="How many searches wait before this one; null when it does not wait."
    )


def _shown_state(entry: PoolEntry, now: datetime) -> PoolState:
    at_work = any(booking.starts_at <= now < booking.ends_at for booking in entry.bookings)
    is_active = entry.member.state is PoolState.ACTIVE
    return PoolState.BUSY if is_active and at_work else entry.member.state
