"""What steps see: the request, and the workers who may do it. Times are aware; scores and weights are whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from .ladder import Relaxation


@dataclass(frozen=True, slots=True)
class Trait:
    """Something a worker is good or bad at."""

    code: str
    weight: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a worker's time; the end does not belong to it."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, starts_at: datetime, length: timedelta) -> Slot:
        """Return the slot that begins then and is so long."""
        return cls(starts_at, starts_at + length)

    def overlaps(self, other: Slot) -> bool:
        """Whether both need the worker at some instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What a worker is wanted for."""

    search_id: UUID
    client_id: UUID
    service_type_id: UUID
    service_code: str | None
    """What managers call the service, where matching has heard of it."""
    starts_at: datetime
    excluded: frozenset[UUID]
    """Workers who have had this order before."""
    relaxed: frozenset[Relaxation] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A worker of the pool, with what is known of them."""

    worker_id: UUID
    skills: frozenset[UUID] = frozenset()
    strengths: tuple[Trait, ...] = ()
    weaknesses: tuple[Trait, ...] = ()
    done: int = 0
    failed: int = 0
    done_for_client: int = 0
    failed_for_client: int = 0
    open_jobs: int = 0
    booked: tuple[Slot, ...] = ()
    """Booked slots around the wanted time."""

    slot: Slot | None = None
    """Set by the step that checks it."""
    score_bps: int = 0
    """Set by the step that scores."""
