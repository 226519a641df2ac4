"""What matching hears from the others. Handlers are thin: they call a command, which takes repetition and lateness.

Hiring may be heard of after the dismissal, a cancellation before its search, a verdict before its job's end: whatever
comes first is remembered, so nothing here has to wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Policy, Subscription
from messaging.envelope import Envelope
from shared.clock import Clock

from .pipeline import Trait
from .service import Hiring, PoolService, SearchService
from .states import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHired:
    """hiring.worker-hired, as matching reads it."""

    worker_id: UUID
    strengths: tuple[Trait, ...]
    weaknesses: tuple[Trait, ...]
    skills: tuple[UUID, ...]
    hired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDismissed:
    """hiring.worker-dismissed, as matching reads it."""

    worker_id: UUID
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTypeChanged:
    """orders.service-type.changed, as matching reads it."""

    service_type_id: UUID
    code: str
    version: int
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """orders.order.cancelled, as matching reads it."""

    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished:
    """jobs.job.finished, as matching reads it."""

    order_id: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCaseChanged:
    """quality.case.changed, as matching reads it."""

    order_id: UUID
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class MatchingConsumers:
    """The handlers, with the clock they share."""

    clock: Clock

    async def on_worker_hired(self, session: AsyncSession, event: WorkerHired, _: Envelope) -> None:
        """Take the worker into the pool."""
        hiring = Hiring(
            worker_id=event.worker_id,
            strengths=event.strengths,
            weaknesses=event.weaknesses,
            skills=event.skills,
            hired_at=event.hired_at,
        )
        await PoolService(session, self.clock).hire(hiring)

    async def on_worker_dismissed(
        self, session: AsyncSession, event: WorkerDismissed, _: Envelope
    ) -> None:
        """Find the worker no more."""
        await PoolService(session, self.clock).dismiss(
            event.worker_id, reason=event.reason, at=event.at
        )

    async def on_service_type_changed(
        self, session: AsyncSession, event: ServiceTypeChanged, _: Envelope
    ) -> None:
        """Know the service by its code."""
        await PoolService(session, self.clock).put_service_type(
            event.service_type_id, code=event.code, version=event.version, active=event.active
        )

    async def on_order_cancelled(
        self, session: AsyncSession, event: OrderCancelled, _: Envelope
    ) -> None:
        """Call the search off, or free the slot."""
        await SearchService(session, self.clock).cancel_order(event.order_id)

    async def on_job_finished(self, session: AsyncSession, event: JobFinished, _: Envelope) -> None:
        """Free the slot and count the result."""
        await PoolService(session, self.clock).finish_job(event.order_id, event.outcome)

    async def on_quality_case_changed(
        self, session: AsyncSession, event: QualityCaseChanged, _: Envelope
    ) -> None:
        """Count the result as quality control judges it."""
        if event.verdict is not None:
            await PoolService(session, self.clock).judge_job(event.order_id, event.verdict)

    def subscriptions(self) -> tuple[Subscription[Any], ...]:
        """Return every subscription of matching."""
        return (
            Subscription(
                name="matching-worker-hired",
                subject="hiring.worker-hired.v1",
                reads=WorkerHired,
                handler=self.on_worker_hired,
            ),
            Subscription(
                name="matching-worker-dismissed",
                subject="hiring.worker-dismissed.v1",
                reads=WorkerDismissed,
                handler=self.on_worker_dismissed,
            ),
            Subscription(
                name="matching-service-type-changed",
                subject="orders.service-type.changed.v1",
                reads=ServiceTypeChanged,
                handler=self.on_service_type_changed,
            ),
            Subscription(
                name="matching-order-cancelled",
                subject="orders.order.cancelled.v1",
                reads=OrderCancelled,
                handler=self.on_order_cancelled,
            ),
            Subscription(
                name="matching-job-finished",
                subject="jobs.job.finished.v1",
                reads=JobFinished,
                handler=self.on_job_finished,
            ),
            Subscription(
                name="matching-case-changed",
                subject="quality.case.changed.v1",
                reads=QualityCaseChanged,
                handler=self.on_quality_case_changed,
                # A case's verdict may be revised: the newest one counts.
                policy=Policy(latest_only=True),
            ),
        )
