"""What orders hears from the others. Handlers are thin: they call a command and let its refusal decide.

Events of different services, and of different kinds, may overtake each other: the commands take them in any order, and
as often as they come.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Policy, Retry, Subscription
from messaging.envelope import Envelope
from shared.clock import Clock

from .errors import OrderNotFound
from .service import ClientProfile, ClientService, KnownJob, OrderService
from .states import Outcome

TOO_EARLY = timedelta(seconds=2)
_PATIENT = Policy(max_attempts=30)
"""What is too early is held for a minute before it is taken for wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUpserted:
    """imports.client.upserted, as orders reads it."""

    client_id: UUID
    source_version: int
    display_name: str
    phone: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientWithdrawn:
    """imports.client.withdrawn, as orders reads it."""

    client_id: UUID
    source_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchExhausted:
    """matching.search.exhausted, as orders reads it."""

    order_id: UUID
    attempt: int
    retry_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCreated:
    """jobs.job.created, as orders reads it."""

    job_id: UUID
    order_id: UUID
    worker_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """jobs.job.started, as orders reads it."""

    job_id: UUID
    order_id: UUID
    worker_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMissed:
    """jobs.job.missed, as orders reads it."""

    job_id: UUID
    order_id: UUID
    worker_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished:
    """jobs.job.finished, as orders reads it."""

    job_id: UUID
    order_id: UUID
    worker_id: UUID
    outcome: Outcome
    has_started: bool = False
    """Messages of older versions do not say."""


@dataclass(frozen=True, slots=True)
class OrderConsumers:
    """The handlers, with the clock they share."""

    clock: Clock

    async def on_client_upserted(
        self, session: AsyncSession, event: ClientUpserted, _: Envelope
    ) -> None:
        """Keep the client's profile."""
        profile = ClientProfile(
            client_id=event.client_id,
            source_version=event.source_version,
            display_name=event.display_name,
            phone=event.phone,
            address=event.address,
        )
        await ClientService(session, self.clock).put(profile)

    async def on_client_withdrawn(
        self, session: AsyncSession, event: ClientWithdrawn, _: Envelope
    ) -> None:
        """Take no new orders of the client's."""
        await ClientService(session, self.clock).withdraw(
            event.client_id, source_version=event.source_version
        )

    async def on_search_exhausted(
        self, session: AsyncSession, event: SearchExhausted, envelope: Envelope
    ) -> None:
        """Wait until the next search is due."""
        await _or_retry(
            OrderService(session, self.clock).wait_for_worker(
                event.order_id,
                attempt=event.attempt,
                retry_at=event.retry_at,
                event_id=envelope.id,
            )
        )

    async def on_job_created(
        self, session: AsyncSession, event: JobCreated, envelope: Envelope
    ) -> None:
        """Learn who the worker is: this, not worker-found, is how the order hears of it."""
        await _or_retry(
            OrderService(session, self.clock).assign(
                event.order_id, _job_of(event), event_id=envelope.id
            )
        )

    async def on_job_started(
        self, session: AsyncSession, event: JobStarted, envelope: Envelope
    ) -> None:
        """Show that the work is under way."""
        await _or_retry(
            OrderService(session, self.clock).start(
                event.order_id, _job_of(event), event_id=envelope.id
            )
        )

    async def on_job_missed(
        self, session: AsyncSession, event: JobMissed, envelope: Envelope
    ) -> None:
        """End the order whose worker did not come, unless it was called off before."""
        await _or_retry(
            OrderService(session, self.clock).miss(
                event.order_id, _job_of(event), event_id=envelope.id
            )
        )

    async def on_job_finished(
        self, session: AsyncSession, event: JobFinished, envelope: Envelope
    ) -> None:
        """End the order as its job ended."""
        await _or_retry(
            OrderService(session, self.clock).finish(
                event.order_id,
                _job_of(event),
                outcome=event.outcome,
                has_started=event.has_started,
                event_id=envelope.id,
            )
        )

    def subscriptions(self) -> tuple[Subscription[Any], ...]:
        """Return every subscription of orders."""
        return (
            Subscription(
                name="orders-client-upserted",
                subject="imports.client.upserted.v1",
                reads=ClientUpserted,
                handler=self.on_client_upserted,
            ),
            Subscription(
                name="orders-client-withdrawn",
                subject="imports.client.withdrawn.v1",
                reads=ClientWithdrawn,
                handler=self.on_client_withdrawn,
            ),
            Subscription(
                name="orders-search-exhausted",
                subject="matching.search.exhausted.v1",
                reads=SearchExhausted,
                handler=self.on_search_exhausted,
                policy=_PATIENT,
            ),
            Subscription(
                name="orders-job-created",
                subject="jobs.job.created.v1",
                reads=JobCreated,
                handler=self.on_job_created,
                policy=_PATIENT,
            ),
            Subscription(
                name="orders-job-started",
                subject="jobs.job.started.v1",
                reads=JobStarted,
                handler=self.on_job_started,
                policy=_PATIENT,
            ),
            Subscription(
                name="orders-job-missed",
                subject="jobs.job.missed.v1",
                reads=JobMissed,
                handler=self.on_job_missed,
                policy=_PATIENT,
            ),
            Subscription(
                name="orders-job-finished",
                subject="jobs.job.finished.v1",
                reads=JobFinished,
                handler=self.on_job_finished,
                policy=_PATIENT,
            ),
        )


def _job_of(event: JobCreated | JobStarted | JobMissed | JobFinished) -> KnownJob:
    return KnownJob(job_id=event.job_id, worker_id=event.worker_id)


async def _or_retry(command: Awaitable[None]) -> None:
    try:
        await command
    except OrderNotFound as error:
        raise Retry(TOO_EARLY, str(error)) from error
