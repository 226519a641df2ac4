"""Orders' tables."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from messaging import tables as messaging_tables
from shared import idempotency
from shared.database import UtcDateTime, new_metadata

from .states import OrderState, Outcome

NOT_IMPORTED = -1
"""The version of a client whom no import has brought yet: older than any."""


class Base(DeclarativeBase):
    """Declarative base of this domain."""

    metadata = new_metadata()


def _names(enum: type[OrderState] | type[Outcome]) -> Enum:
    # Kept as text: a native enum type would need a migration of its own for every new member.
    return Enum(enum, native_enum=False, length=32, create_constraint=False)


class ServiceType(Base):
    """A service that managers offer. What it says at each version is in ``ServiceTypeVersion``."""

    __tablename__ = "service_types"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(Integer)
    """The newest version; the row is the lock of every edit."""


class ServiceTypeVersion(Base):
    """What a service type said from one edit to the next. Orders keep the version they were made with."""

    __tablename__ = "service_type_versions"

    service_type_id: Mapped[UUID] = mapped_column(ForeignKey("service_types.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    form_schema: Mapped[str] = mapped_column(Text)
    """A JSON Schema, as text."""
    price_minor: Mapped[int] = mapped_column(BigInteger)
    active: Mapped[bool]
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Client(Base):
    """What we know of a client; their account lives in accounts, under the same id."""

    __tablename__ = "clients"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    display_name: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool]
    source_version: Mapped[int] = mapped_column(BigInteger)
    """The import's version of this profile, or ``NOT_IMPORTED``."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Order(Base):
    """A client's request for one service at one time."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_client", "client_id", "created_at"),
        Index("ix_orders_state", "state", "created_at"),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    """What people call it by; the database counts."""
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    service_type_id: Mapped[UUID] = mapped_column(ForeignKey("service_types.id"), index=True)
    service_type_version: Mapped[int] = mapped_column(Integer)
    description: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    form_data: Mapped[str | None] = mapped_column(Text)
    estimate_minor: Mapped[int] = mapped_column(BigInteger)
    """The price at the version ordered; never computed again."""
    state: Mapped[OrderState] = mapped_column(_names(OrderState))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(Integer)
    """Which search for a worker this is, from 1."""
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the next search is due, while waiting for a worker."""
    worker_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    job_id: Mapped[UUID | None] = mapped_column(Uuid)
    outcome: Mapped[Outcome | None] = mapped_column(_names(Outcome))
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    reorder_of: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OrderStep(Base):
    """One step of an order's timeline."""

    __tablename__ = "order_steps"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[OrderState | None] = mapped_column(_names(OrderState))
    to_state: Mapped[OrderState] = mapped_column(_names(OrderState))
    actor: Mapped[str] = mapped_column(String(64))
    cause_event_id: Mapped[str | None] = mapped_column(String(36))
    note: Mapped[str | None] = mapped_column(Text)


messaging_tables.attach(Base.metadata)
idempotency.attach(Base.metadata)
