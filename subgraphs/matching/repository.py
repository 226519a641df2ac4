"""All of matching's SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import ValidationFailed
from shared.identifiers import parse_id
from shared.paging import MAX_PAGE

from .models import (
    Booking,
    PipelineVersion,
    PoolMember,
    PoolSkill,
    Search,
    SearchedOrder,
    ServiceType,
)
from .pipeline import Candidate, Slot, Trait
from .pipeline.steps.free import LONGEST_SHIFT, LONGEST_SLOT
from .results import Credit
from .states import PoolState, SearchState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MatchingRepository:
    """Reads and locks rows of one session."""

    session: AsyncSession

    # -- searches

    async def lock_order(self, order_id: UUID) -> SearchedOrder:
        """Return the order's row, made if need be, and keep others from its searches until the transaction ends."""
        insert = (
            postgresql_insert
            if self.session.get_bind().dialect.name == "postgresql"
            else sqlite_insert
        )
        await self.session.execute(
            insert(SearchedOrder).values(order_id=order_id).on_conflict_do_nothing()
        )
        found = await self.session.scalars(
            select(SearchedOrder).where(SearchedOrder.order_id == order_id).with_for_update()
        )
        return found.one()

    async def find_search(self, search_id: UUID) -> Search | None:
        """Return the search."""
        return await self.session.get(Search, search_id)

    async def lock_search(self, search_id: UUID) -> Search | None:
        """Return the search and keep others from changing it."""
        found = await self.session.scalars(
            select(Search)
            .where(Search.id == search_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.one_or_none()

    async def lock_searches(self, order_id: UUID, states: Collection[SearchState]) -> list[Search]:
        """Return the order's searches in ``states`` and keep others from changing them."""
        found = await self.session.scalars(
            select(Search)
            .where(Search.order_id == order_id, Search.state.in_(states))
            .with_for_update()
        )
        return list(found)

    async def lock_due(self, now: datetime) -> Search | None:
        """Return the oldest search that nobody runs, unless somebody else is just taking it."""
        found = await self.session.scalars(
            select(Search)
            .where(_is_due(now))
            .order_by(Search.requested_at, Search.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return found.one_or_none()

    async def has_due(self, now: datetime) -> bool:
        """Whether a search waits for somebody to run it."""
        return await self.session.scalar(select(Search.id).where(_is_due(now)).limit(1)) is not None

    async def count_before(self, search: Search) -> int:
        """Return how many searches wait before this one."""
        position = tuple_(Search.requested_at, Search.id)
        count = await self.session.scalar(
            select(func.count())
            .select_from(Search)
            .where(
                Search.state == SearchState.ACCEPTED, position < (search.requested_at, search.id)
            )
        )
        return count or 0

    async def find_searches(self, search_ids: Collection[UUID]) -> dict[UUID, Search]:
        """Return the searches that exist among ``search_ids``."""
        found = await self.session.scalars(select(Search).where(Search.id.in_(search_ids)))
        return {search.id: search for search in found}

    async def find_searches_of(self, order_ids: Collection[UUID]) -> dict[UUID, list[Search]]:
        """Return each order's searches, the first attempt first."""
        found = await self.session.scalars(
            select(Search)
            .where(Search.order_id.in_(order_ids))
            .order_by(Search.attempt, Search.requested_at)
        )
        searches: dict[UUID, list[Search]] = {order_id: [] for order_id in order_ids}
        for search in found:
            searches[search.order_id].append(search)
        return searches

    # -- candidates and bookings

    async def load_candidates(
        self, *, client_id: UUID, starts_at: datetime, ignoring_order: UUID | None = None
    ) -> list[Candidate]:
        """Return everybody who is active in the pool, with what the steps need to know of them.

        Args:
            client_id: whose experience with each worker to look up.
            starts_at: when the service is to start.
            ignoring_order: an order whose booking is to count for nothing.
        """
        # Columns, not objects: whatever the session has seen before, this is what the database says now.
        members = (
            await self.session.execute(
                select(
                    PoolMember.worker_id,
                    PoolMember.strengths,
                    PoolMember.weaknesses,
                    PoolMember.done,
                    PoolMember.failed,
                ).where(PoolMember.state == PoolState.ACTIVE)
            )
        ).all()
        skills = await self._find_active_skills()
        open_jobs, booked = await self._find_open_bookings(starts_at, ignoring_order)
        credits_ = await self._count_for_client(client_id)
        return [
            Candidate(
                worker_id=row.worker_id,
                skills=frozenset(skills[row.worker_id]),
                strengths=_traits(row.strengths),
                weaknesses=_traits(row.weaknesses),
                done=row.done,
                failed=row.failed,
                done_for_client=credits_[row.worker_id, Credit.DONE],
                failed_for_client=credits_[row.worker_id, Credit.FAILED],
                open_jobs=open_jobs[row.worker_id],
                booked=tuple(booked[row.worker_id]),
            )
            for row in members
        ]

    async def lock_if_free(self, worker_id: UUID, slot: Slot) -> bool:
        """Lock the worker and return whether they are active and free then; nobody books them meanwhile."""
        state = await self.session.scalar(
            select(PoolMember.state).where(PoolMember.worker_id == worker_id).with_for_update()
        )
        if state is not PoolState.ACTIVE:
            return False
        overlapping = await self.session.scalar(
            select(Booking.order_id)
            .where(
                Booking.worker_id == worker_id,
                Booking.released_at.is_(None),
                Booking.starts_at < slot.ends_at,
                Booking.ends_at > slot.starts_at,
            )
            .limit(1)
        )
        return overlapping is None

    async def lock_booking(self, order_id: UUID) -> Booking | None:
        """Return the order's booking and keep others from changing it."""
        found = await self.session.scalars(
            select(Booking).where(Booking.order_id == order_id).with_for_update()
        )
        return found.one_or_none()

    async def find_open_bookings(self, worker_ids: Collection[UUID]) -> dict[UUID, list[Booking]]:
        """Return each worker's unreleased bookings, earliest first."""
        found = await self.session.scalars(
            select(Booking)
            .where(Booking.worker_id.in_(worker_ids), Booking.released_at.is_(None))
            .order_by(Booking.starts_at)
        )
        bookings: dict[UUID, list[Booking]] = {worker_id: [] for worker_id in worker_ids}
        for booking in found:
            bookings[booking.worker_id].append(booking)
        return bookings

    async def _find_active_skills(self) -> dict[UUID, list[UUID]]:
        found = await self.session.execute(
            select(PoolSkill.worker_id, PoolSkill.service_type_id)
            .join(PoolMember, PoolMember.worker_id == PoolSkill.worker_id)
            .where(PoolMember.state == PoolState.ACTIVE)
        )
        return _group((worker_id, skill) for worker_id, skill in found)

    async def _find_open_bookings(
        self, starts_at: datetime, ignoring_order: UUID | None
    ) -> tuple[dict[UUID, int], dict[UUID, list[Slot]]]:
        """Return how many bookings are open per worker, and those of them that may overlap a slot from then on."""
        is_open: ColumnElement[bool] = Booking.released_at.is_(None)
        if ignoring_order is not None:
            is_open = and_(is_open, Booking.order_id != ignoring_order)
        counted = await self.session.execute(
            select(Booking.worker_id, func.count()).where(is_open).group_by(Booking.worker_id)
        )
        near = await self.session.execute(
            select(Booking.worker_id, Booking.starts_at, Booking.ends_at)
            .where(
                is_open,
                Booking.ends_at > starts_at,
                Booking.starts_at < starts_at + LONGEST_SLOT + LONGEST_SHIFT,
            )
            .order_by(Booking.starts_at)
        )
        counts: dict[UUID, int] = defaultdict(int)
        counts.update((worker_id, count) for worker_id, count in counted)
        return counts, _group((worker_id, Slot(start, end)) for worker_id, start, end in near)

    async def _count_for_client(self, client_id: UUID) -> dict[tuple[UUID, Credit], int]:
        found = await self.session.execute(
            select(Booking.worker_id, Booking.credit, func.count())
            .where(Booking.client_id == client_id)
            .group_by(Booking.worker_id, Booking.credit)
        )
        counts: dict[tuple[UUID, Credit], int] = defaultdict(int)
        counts.update(((worker_id, credit), count) for worker_id, credit, count in found)
        return counts

    # -- the pool

    async def lock_member(self, worker_id: UUID) -> PoolMember | None:
        """Return the worker's place in the pool and keep others from changing it."""
        found = await self.session.scalars(
            select(PoolMember).where(PoolMember.worker_id == worker_id).with_for_update()
        )
        return found.one_or_none()

    async def find_members(self, worker_ids: Collection[UUID]) -> dict[UUID, PoolMember]:
        """Return the pool members that exist among ``worker_ids``."""
        found = await self.session.scalars(
            select(PoolMember).where(PoolMember.worker_id.in_(worker_ids))
        )
        return {member.worker_id: member for member in found}

    async def find_skills(self, worker_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return each worker's skills, in a stable order."""
        found = await self.session.execute(
            select(PoolSkill.worker_id, PoolSkill.service_type_id)
            .where(PoolSkill.worker_id.in_(worker_ids))
            .order_by(PoolSkill.service_type_id)
        )
        return _group((worker_id, skill) for worker_id, skill in found)

    async def put_skills(self, worker_id: UUID, skills: Iterable[UUID]) -> None:
        """Make these the worker's skills; the worker must be locked."""
        wanted = set(skills)
        for row in await self.session.scalars(
            select(PoolSkill).where(PoolSkill.worker_id == worker_id)
        ):
            if row.service_type_id not in wanted:
                await self.session.delete(row)
            wanted.discard(row.service_type_id)
        self.session.add_all(PoolSkill(worker_id=worker_id, service_type_id=s) for s in wanted)

    async def list_pool(
        self,
        *,
        states: Collection[PoolState] | None,
        skill: UUID | None,
        now: datetime,
        first: int,
        after: str | None,
    ) -> Sequence[UUID]:
        """Return workers in the order of their ids.

        Args:
            states: as shown, with BUSY for those at work ``now``; ``None`` for all.
            skill: only those who have it.
            now: the present.
            first: how many, 1 to 200.
            after: the id of the last worker seen.

        Raises:
            ValidationFailed: ``first`` is out of range, or ``after`` is no id.
        """
        if not 1 <= first <= MAX_PAGE:
            raise ValidationFailed(f"`first` must be between 1 and {MAX_PAGE}.")
        wanted = select(PoolMember.worker_id).order_by(PoolMember.worker_id).limit(first)
        if after is not None:
            wanted = wanted.where(PoolMember.worker_id > parse_id(after))
        if skill is not None:
            wanted = wanted.join(PoolSkill, PoolSkill.worker_id == PoolMember.worker_id)
            wanted = wanted.where(PoolSkill.service_type_id == skill)
        if states is not None:
            wanted = _in_states(wanted, states, now)
        return (await self.session.scalars(wanted)).all()

    async def find_service_type(self, service_type_id: UUID) -> ServiceType | None:
        """Return what is known of a service."""
        return await self.session.get(ServiceType, service_type_id)

    # -- pipelines

    async def lock_pipelines(self) -> list[PipelineVersion]:
        """Return every version, newest first, and keep others from activating one."""
        found = await self.session.scalars(
            select(PipelineVersion).order_by(PipelineVersion.version.desc()).with_for_update()
        )
        return list(found)

    async def list_pipelines(self) -> Sequence[PipelineVersion]:
        """Return every version, newest first."""
        found = await self.session.scalars(
            select(PipelineVersion).order_by(PipelineVersion.version.desc())
        )
        return found.all()

    async def find_pipeline(self, version: int) -> PipelineVersion | None:
        """Return one version."""
        return await self.session.get(PipelineVersion, version)

    async def find_pipeline_by_id(self, pipeline_id: UUID) -> PipelineVersion | None:
        """Return the version with this id."""
        found = await self.session.scalars(
            select(PipelineVersion).where(PipelineVersion.id == pipeline_id)
        )
        return found.one_or_none()

    async def find_active_pipeline(self) -> PipelineVersion:
        """Return the version that new searches use; there always is one."""
        found = await self.session.scalars(select(PipelineVersion).where(PipelineVersion.active))
        return found.one()

    async def deactivate_pipelines(self) -> None:
        """Make no version the active one, for the moment."""
        await self.session.execute(
            update(PipelineVersion).where(PipelineVersion.active).values(active=False)
        )


def _is_due(now: datetime) -> ColumnElement[bool]:
    is_abandoned = and_(Search.state == SearchState.RUNNING, Search.lease_until <= now)
    return or_(Search.state == SearchState.ACCEPTED, is_abandoned)


def _in_states(wanted: Select[UUID], states: Collection[PoolState], now: datetime) -> Select[UUID]:
    at_work = (
        select(Booking.order_id)
        .where(
            Booking.worker_id == PoolMember.worker_id,
            Booking.released_at.is_(None),
            Booking.starts_at <= now,
            Booking.ends_at > now,
        )
        .exists()
    )
    is_active = PoolMember.state == PoolState.ACTIVE
    conditions: list[ColumnElement[bool]] = [
        PoolMember.state.in_(set(states) - {PoolState.ACTIVE, PoolState.BUSY})
    ]
    if PoolState.ACTIVE in states:
        conditions.append(and_(is_active, ~at_work))
    if PoolState.BUSY in states:
        conditions.append(and_(is_active, at_work))
    return wanted.where(or_(*conditions))


def _traits(rows: Sequence[dict[str, Any]]) -> tuple[Trait, ...]:
    return tuple(Trait(row["code"], row["weight"]) for row in rows)


def _group(pairs: Iterable[tuple[UUID, T]]) -> dict[UUID, list[T]]:
    grouped: dict[UUID, list[T]] = defaultdict(list)
    for key, value in pairs:
        grouped[key].append(value)
    return grouped
