"""Matching's tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Enum, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from messaging import tables as messaging_tables
from shared import idempotency
from shared.database import UtcDateTime, new_metadata

from .results import Credit
from .states import ExhaustedReason, Outcome, PoolState, SearchState, Verdict


class Base(DeclarativeBase):
    """Declarative base of this domain."""

    metadata = new_metadata()


def _names(enum: type[StrEnum]) -> Enum:
    # Kept as text: a native enum type would need a migration of its own for every new member.
    return Enum(enum, native_enum=False, length=32, create_constraint=False)


_ACTIVE = text("state IN ('ACCEPTED', 'RUNNING', 'FOUND')")


class PoolMember(Base):
    """A worker who can be found, or could once. The row is the lock of every booking of theirs."""

    __tablename__ = "pool_members"

    worker_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    state: Mapped[PoolState] = mapped_column(_names(PoolState), index=True)
    state_reason: Mapped[str | None] = mapped_column(Text)
    state_by: Mapped[str] = mapped_column(String(64))
    strengths: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """``{"code": str, "weight": int}`` each."""
    weaknesses: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    done: Mapped[int] = mapped_column(Integer)
    """How many bookings count as good, after quality control."""
    failed: Mapped[int] = mapped_column(Integer)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The newest dismissal heard of, so that an older hiring changes nothing."""


class PoolSkill(Base):
    """A service type that a worker can do."""

    __tablename__ = "pool_skills"

    worker_id: Mapped[UUID] = mapped_column(ForeignKey("pool_members.worker_id"), primary_key=True)
    service_type_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, index=True)


class ServiceType(Base):
    """What matching needs to know of a service: the code by which pipelines speak of it."""

    __tablename__ = "service_types"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool]


class SearchedOrder(Base):
    """An order that was searched for or cancelled, whichever came first. The row is the lock of its searches."""

    __tablename__ = "searched_orders"

    order_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Search(Base):
    """One attempt at finding a worker for an order."""

    __tablename__ = "searches"
    __table_args__ = (
        Index(
            "uq_searches_active_order",
            "order_id",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
        Index("ix_searches_state", "state", "requested_at"),
        Index("ix_searches_order", "order_id", "attempt"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("searched_orders.order_id"))
    client_id: Mapped[UUID] = mapped_column(Uuid)
    service_type_id: Mapped[UUID] = mapped_column(Uuid)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(Text)
    brief: Mapped[str] = mapped_column(Text)
    price_minor: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int] = mapped_column(Integer)
    excluded: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[SearchState] = mapped_column(_names(SearchState))
    pipeline_version: Mapped[int] = mapped_column(ForeignKey("pipelines.version"))
    """Fixed when the search is accepted: whoever runs it, and however often, runs the same steps."""
    lease_token: Mapped[str | None] = mapped_column(String(36))
    """Whoever runs the search; a run that has lost its lease may not decide."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pool_size: Mapped[int] = mapped_column(Integer)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """The trace of the run that decided."""
    worker_id: Mapped[UUID | None] = mapped_column(Uuid)
    score_bps: Mapped[int | None] = mapped_column(Integer)
    exhausted_reason: Mapped[ExhaustedReason | None] = mapped_column(_names(ExhaustedReason))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Booking(Base):
    """A worker's time, booked for one order, and how that went.

    No two unreleased bookings of a worker overlap: an exclusion constraint on PostgreSQL, triggers on SQLite, both
    made by the migration.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        Index("ix_bookings_worker", "worker_id", "released_at", "ends_at"),
        Index("ix_bookings_client", "client_id", "worker_id"),
    )

    order_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    search_id: Mapped[UUID] = mapped_column(ForeignKey("searches.id"), unique=True)
    job_id: Mapped[UUID] = mapped_column(Uuid)
    worker_id: Mapped[UUID] = mapped_column(ForeignKey("pool_members.worker_id"))
    client_id: Mapped[UUID] = mapped_column(Uuid)
    service_type_id: Mapped[UUID] = mapped_column(Uuid)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome | None] = mapped_column(_names(Outcome))
    verdict: Mapped[Verdict | None] = mapped_column(_names(Verdict))
    credit: Mapped[Credit] = mapped_column(_names(Credit))


_ONE_ACTIVE = text("active")


class PipelineVersion(Base):
    """A pipeline as somebody published it. Never changed: a change is a new version."""

    __tablename__ = "pipelines"
    __table_args__ = (
        Index(
            "uq_pipelines_active",
            "active",
            unique=True,
            sqlite_where=_ONE_ACTIVE,
            postgresql_where=_ONE_ACTIVE,
        ),
    )

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    steps: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """``{"name": str, "config": JSON text}`` each, in order."""
    active: Mapped[bool]
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_by: Mapped[str | None] = mapped_column(String(64))
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


messaging_tables.attach(Base.metadata)
idempotency.attach(Base.metadata)
