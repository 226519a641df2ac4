"""Who can be found: workers hired and dismissed, paused and resumed, and what their past jobs say about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.errors import ValidationFailed
from subgraphs.matching.errors import StateNotForPeople, WorkerNotInPool
from subgraphs.matching.models import Booking, PoolMember, ServiceType
from subgraphs.matching.pipeline import Trait
from subgraphs.matching.repository import MatchingRepository
from subgraphs.matching.results import Credit, credit_of
from subgraphs.matching.states import Outcome, PoolState, Verdict, move_in_pool

MAX_REASON = 4_000
SYSTEM = "system"
"""The actor of a change that no person made here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hiring:
    """What hiring says about a new worker."""

    worker_id: UUID
    strengths: tuple[Trait, ...]
    weaknesses: tuple[Trait, ...]
    skills: tuple[UUID, ...]
    hired_at: datetime


@dataclass(frozen=True, slots=True)
class PoolService:
    """Keeps the pool."""

    session: AsyncSession
    clock: Clock

    async def hire(self, hiring: Hiring) -> None:
        """Add a worker, or take one back. News older than what is known of them changes nothing."""
        repository = MatchingRepository(self.session)
        member = await repository.lock_member(hiring.worker_id)
        if member is None:
            member = self._new_member(hiring.worker_id, hiring.hired_at)
        elif _is_old(hiring, member):
            return
        elif member.state is PoolState.REMOVED:
            self._move(member, PoolState.ACTIVE, by=SYSTEM, reason=None)
        member.joined_at = hiring.hired_at
        member.strengths = [_trait_row(trait) for trait in hiring.strengths]
        member.weaknesses = [_trait_row(trait) for trait in hiring.weaknesses]
        await self.session.flush()
        await repository.put_skills(hiring.worker_id, hiring.skills)

    async def dismiss(self, worker_id: UUID, *, reason: str, at: datetime) -> None:
        """Nobody finds this worker any more; what is booked stays booked. Comes before the hiring? It is remembered."""
        member = await MatchingRepository(self.session).lock_member(worker_id)
        if member is None:
            member = self._new_member(worker_id, at)
        elif member.joined_at > at:
            return
        member.dismissed_at = max(at, member.dismissed_at or at)
        if member.state is not PoolState.REMOVED:
            self._move(member, PoolState.REMOVED, by=SYSTEM, reason=reason)

    async def set_state(
        self, worker_id: UUID, state: PoolState, *, by: str, reason: str
    ) -> PoolMember:
        """Pause or resume a worker, on a manager's word. Repeating it changes nothing but the reason.

        Raises:
            StateNotForPeople: only ACTIVE and PAUSED are people's to set.
            ValidationFailed: the reason is empty or far too long.
            WorkerNotInPool: the worker was never hired.
            IllegalTransition: the worker was dismissed.
        """
        if state not in {PoolState.ACTIVE, PoolState.PAUSED}:
            raise StateNotForPeople(f"{state} comes about by itself; set ACTIVE or PAUSED.")
        if not reason.strip() or len(reason) > MAX_REASON:
            raise ValidationFailed(f"A reason has 1 to {MAX_REASON} characters.")
        member = await MatchingRepository(self.session).lock_member(worker_id)
        if member is None:
            raise WorkerNotInPool(f"Worker {worker_id} is not in the pool.")
        if member.state is state:
            member.state_by, member.state_reason = by, reason
        else:
            self._move(member, state, by=by, reason=reason)
        return member

    async def put_service_type(
        self, service_type_id: UUID, *, code: str, version: int, active: bool
    ) -> None:
        """Remember what a service is called; an older version changes nothing."""
        known = await MatchingRepository(self.session).find_service_type(service_type_id)
        if known is None:
            known = ServiceType(id=service_type_id)
            self.session.add(known)
        elif version <= known.version:
            return
        known.code, known.version, known.active = code, version, active

    async def finish_job(self, order_id: UUID, outcome: Outcome) -> None:
        """The job booked for this order has ended: free the slot and count the result. Counted once only."""
        booking = await MatchingRepository(self.session).lock_booking(order_id)
        if booking is None:
            return
        booking.released_at = booking.released_at or self.clock.now()
        booking.outcome = booking.outcome or outcome
        await self._count(booking)

    async def judge_job(self, order_id: UUID, verdict: Verdict) -> None:
        """Quality control says whose fault it was: the newest verdict decides how the booking counts."""
        booking = await MatchingRepository(self.session).lock_booking(order_id)
        if booking is None:
            return
        booking.verdict = verdict
        await self._count(booking)

    async def _count(self, booking: Booking) -> None:
        credit = credit_of(booking.outcome, booking.verdict)
        member = await MatchingRepository(self.session).lock_member(booking.worker_id)
        if member is None:
            raise AssertionError(f"worker {booking.worker_id} is booked and not in the pool")
        member.done += (credit is Credit.DONE) - (booking.credit is Credit.DONE)
        member.failed += (credit is Credit.FAILED) - (booking.credit is Credit.FAILED)
        booking.credit = credit

    def _new_member(self, worker_id: UUID, joined_at: datetime) -> PoolMember:
        member = PoolMember(
            worker_id=worker_id,
            state=PoolState.ACTIVE,
            state_by=SYSTEM,
            strengths=[],
            weaknesses=[],
            done=0,
            failed=0,
            joined_at=joined_at,
        )
        self.session.add(member)
        return member

    def _move(self, member: PoolMember, state: PoolState, *, by: str, reason: str | None) -> None:
        member.state = move_in_pool(member.state, state)
        member.state_by, member.state_reason = by, reason


def _is_old(hiring: Hiring, member: PoolMember) -> bool:
    if member.dismissed_at is not None and hiring.hired_at <= member.dismissed_at:
        return True
    return member.state is not PoolState.REMOVED and hiring.hired_at < member.joined_at


def _trait_row(trait: Trait) -> dict[str, object]:
    return {"code": trait.code, "weight": trait.weight}
