"""What orders tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from messaging.events import Event

from .states import OrderState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTypeChanged(Event):
    """A service type was created, edited or switched off."""

    SUBJECT: ClassVar[str] = "orders.service-type.changed.v1"
    AGGREGATE: ClassVar[str] = "service_type_id"

    service_type_id: UUID
    code: str
    version: int
    price_minor: str
    active: bool
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSubmitted(Event):
    """A client asked for a service."""

    SUBJECT: ClassVar[str] = "orders.order.submitted.v1"
    AGGREGATE: ClassVar[str] = "order_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    order_id: UUID
    client_id: UUID
    service_type_id: UUID
    service_type_version: int
    starts_at: datetime
    place: str
    estimate_minor: str
    reorder_of: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Event):
    """Somebody called an order off before it started."""

    SUBJECT: ClassVar[str] = "orders.order.cancelled.v1"
    AGGREGATE: ClassVar[str] = "order_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    order_id: UUID
    client_id: UUID
    by: str
    reason: str
    stage: OrderState
    """Where the order stood when it was called off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClosed(Event):
    """An order has ended; told exactly once, and nothing about the order changes afterwards."""

    SUBJECT: ClassVar[str] = "orders.order.closed.v1"
    AGGREGATE: ClassVar[str] = "order_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    order_id: UUID
    client_id: UUID
    worker_id: UUID | None
    job_id: UUID | None
    outcome: Outcome
    gross_minor: str
    discountable: bool
    closed_at: datetime
