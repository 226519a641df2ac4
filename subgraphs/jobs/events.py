"""What jobs tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from messaging.events import Event

from .states import FailCause, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCreated(Event):
    """A worker has the job; this is how an order learns of its worker."""

    SUBJECT: ClassVar[str] = "jobs.job.created.v1"
    AGGREGATE: ClassVar[str] = "job_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    job_id: UUID
    order_id: UUID
    search_id: UUID
    worker_id: UUID
    client_id: UUID
    starts_at: datetime
    price_minor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(Event):
    """The worker is there and has begun."""

    SUBJECT: ClassVar[str] = "jobs.job.started.v1"
    AGGREGATE: ClassVar[str] = "job_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    job_id: UUID
    order_id: UUID
    worker_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMissed(Event):
    """The time to check in is over, and the worker has not. Whether that was a failure is for the order to say."""

    SUBJECT: ClassVar[str] = "jobs.job.missed.v1"
    AGGREGATE: ClassVar[str] = "job_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    job_id: UUID
    order_id: UUID
    worker_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished(Event):
    """A job has ended; told exactly once, and nothing about the job changes afterwards."""

    SUBJECT: ClassVar[str] = "jobs.job.finished.v1"
    AGGREGATE: ClassVar[str] = "job_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    job_id: UUID
    order_id: UUID
    worker_id: UUID
    client_id: UUID
    outcome: Outcome
    fail_cause: FailCause | None
    price_minor: str
    starts_at: datetime
    finished_at: datetime
    has_started: bool = False
    """Whether the worker had begun: this may be read before ``JobStarted``."""
