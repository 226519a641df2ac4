"""What matching tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from messaging.events import Event

from .states import ExhaustedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFound(Event):
    """A worker was found and their time is booked; everything that a job needs to know is here."""

    SUBJECT: ClassVar[str] = "matching.worker-found.v1"
    AGGREGATE: ClassVar[str] = "search_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    search_id: UUID
    order_id: UUID
    client_id: UUID
    worker_id: UUID
    service_type_id: UUID
    starts_at: datetime
    place: str
    brief: str
    price_minor: str
    score_bps: int
    pipeline_version: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchExhausted(Event):
    """Nobody could be found; it is worth trying again at ``retry_at``."""

    SUBJECT: ClassVar[str] = "matching.search.exhausted.v1"
    AGGREGATE: ClassVar[str] = "search_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    search_id: UUID
    order_id: UUID
    attempt: int
    pool_size: int
    reason: ExhaustedReason
    retry_at: datetime
