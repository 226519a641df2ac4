"""Jobs' tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Enum, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from messaging import tables as messaging_tables
from shared.database import UtcDateTime, new_metadata

from .states import EvidenceKind, FailCause, JobState, Outcome


class Base(DeclarativeBase):
    """Declarative base of this domain."""

    metadata = new_metadata()


def _names(enum: type[StrEnum]) -> Enum:
    # Kept as text: a native enum type would need a migration of its own for every new member.
    return Enum(enum, native_enum=False, length=32, create_constraint=False)


class KnownOrder(Base):
    """An order that a worker was found for or that was cancelled, whichever came first. The row is their lock."""

    __tablename__ = "known_orders"

    order_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str | None] = mapped_column(Text)


class Job(Base):
    """What one worker does for one order."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_worker", "worker_id", "created_at"),
        Index("ix_jobs_state", "state", "created_at"),
        Index("uq_jobs_supply_key", "worker_id", "supply_key", unique=True),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("known_orders.order_id"), unique=True)
    search_id: Mapped[UUID] = mapped_column(Uuid)
    worker_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    service_type_id: Mapped[UUID] = mapped_column(Uuid)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    place: Mapped[str] = mapped_column(Text)
    brief: Mapped[str] = mapped_column(Text)
    price_minor: Mapped[int] = mapped_column(BigInteger)
    """As it was when the worker was found; never computed again."""
    state: Mapped[JobState] = mapped_column(_names(JobState))
    state_since: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """When the clock acts if nobody does; ``None`` before the start: the worker has missed it, which is told."""
    outcome: Mapped[Outcome | None] = mapped_column(_names(Outcome))
    fail_cause: Mapped[FailCause | None] = mapped_column(_names(FailCause))
    supply_request_id: Mapped[UUID | None] = mapped_column(Uuid)
    supply_key: Mapped[str | None] = mapped_column(String(200))
    """The worker's key of the request that made the supply request: the one that is told ``created``."""
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobStep(Base):
    """One step of a job's timeline."""

    __tablename__ = "job_steps"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[JobState | None] = mapped_column(_names(JobState))
    to_state: Mapped[JobState] = mapped_column(_names(JobState))
    actor: Mapped[str] = mapped_column(String(64))
    cause_event_id: Mapped[str | None] = mapped_column(String(36))
    note: Mapped[str | None] = mapped_column(Text)


class Evidence(Base):
    """A photo that proves something about a job. The bytes are in the blob store, under their sha256."""

    __tablename__ = "evidence"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    kind: Mapped[EvidenceKind] = mapped_column(_names(EvidenceKind), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


messaging_tables.attach(Base.metadata)
