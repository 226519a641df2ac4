"""What jobs hears from the others. Handlers are thin: they call a command, which takes repetition and lateness.

A cancellation may come before the worker is found, supplies before our own request is answered: whatever comes first
is remembered, so nothing here has to wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from messaging.consumer import Reject, Subscription
from messaging.envelope import Envelope
from shared.clock import Clock

from .service import JobService, NewJob
from .states import Outcome

ISSUED = "ISSUED"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFound:
    """matching.worker-found, as jobs reads it."""

    search_id: UUID
    order_id: UUID
    client_id: UUID
    worker_id: UUID
    service_type_id: UUID
    starts_at: datetime
    place: str
    brief: str
    price_minor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """orders.order.cancelled, as jobs reads it."""

    order_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClosed:
    """orders.order.closed, as jobs reads it."""

    order_id: UUID
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyRequestChanged:
    """consumables.request.changed, as jobs reads it."""

    request_id: UUID
    job_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class JobConsumers:
    """The handlers, with the clock they share."""

    clock: Clock

    async def on_worker_found(
        self, session: AsyncSession, event: WorkerFound, envelope: Envelope
    ) -> None:
        """Give the worker the job."""
        if not event.price_minor.isdecimal():
            raise Reject(f"A price is a whole number, not {event.price_minor!r}.")
        found = NewJob(
            order_id=event.order_id,
            search_id=event.search_id,
            worker_id=event.worker_id,
            client_id=event.client_id,
            service_type_id=event.service_type_id,
            starts_at=event.starts_at,
            place=event.place,
            brief=event.brief,
            price_minor=int(event.price_minor),
        )
        await JobService(session, self.clock).create(found, event_id=envelope.id)

    async def on_order_cancelled(
        self, session: AsyncSession, event: OrderCancelled, envelope: Envelope
    ) -> None:
        """End the job, or remember for when it is born."""
        await JobService(session, self.clock).cancel_order(
            event.order_id, reason=event.reason, event_id=envelope.id
        )

    async def on_order_closed(
        self, session: AsyncSession, event: OrderClosed, envelope: Envelope
    ) -> None:
        """Let a missed job fail, once the order has: until then it may have been called off in time."""
        if event.outcome is Outcome.FAILED:
            await JobService(session, self.clock).fail_missed(event.order_id, event_id=envelope.id)

    async def on_supply_request_changed(
        self, session: AsyncSession, event: SupplyRequestChanged, envelope: Envelope
    ) -> None:
        """Let the worker go: they have what they need."""
        if event.state == ISSUED:
            await JobService(session, self.clock).equip(
                event.job_id, supply_request_id=event.request_id, event_id=envelope.id
            )

    def subscriptions(self) -> tuple[Subscription[Any], ...]:
        """Return every subscription of jobs."""
        return (
            Subscription(
                name="jobs-worker-found",
                subject="matching.worker-found.v1",
                reads=WorkerFound,
                handler=self.on_worker_found,
            ),
            Subscription(
                name="jobs-order-cancelled",
                subject="orders.order.cancelled.v1",
                reads=OrderCancelled,
                handler=self.on_order_cancelled,
            ),
            Subscription(
                name="jobs-order-closed",
                subject="orders.order.closed.v1",
                reads=OrderClosed,
                handler=self.on_order_closed,
            ),
            Subscription(
                name="jobs-supply-request-changed",
                subject="consumables.request.changed.v1",
                reads=SupplyRequestChanged,
                handler=self.on_supply_request_changed,
            ),
        )
