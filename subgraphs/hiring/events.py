"""What hiring tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from messaging.events import Event

from .states import ApplicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationChanged(Event):
    """An application has arrived or moved on."""

    SUBJECT: ClassVar[str] = "hiring.application.changed.v1"
    AGGREGATE: ClassVar[str] = "application_id"
    CORRELATION: ClassVar[str | None] = "application_id"

    application_id: UUID
    state: ApplicationState
    version: int
    candidate_account_id: UUID | None
    """Whom ``myApplicationChanged`` tells; not known before tests are assigned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateInvited(Event):
    """Tests wait for a candidate, who needs an account to take them."""

    SUBJECT: ClassVar[str] = "hiring.candidate-invited.v1"
    AGGREGATE: ClassVar[str] = "account_id"
    CORRELATION: ClassVar[str | None] = "application_id"

    application_id: UUID
    account_id: UUID
    email: str
    display_name: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a worker looks."""

    name: str
    age_months: int
    breed: str
    fur_colour: str
    photo_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitFact:
    """A strength or a weakness."""

    code: str
    weight: int
    """How pronounced, 0 to 100: the per cent right for a strength, the per cent wrong for a weakness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHired(Event):
    """A candidate has become a worker; told exactly once for each."""

    SUBJECT: ClassVar[str] = "hiring.worker-hired.v1"
    AGGREGATE: ClassVar[str] = "worker_id"
    CORRELATION: ClassVar[str | None] = "application_id"

    worker_id: UUID
    """The account that the candidate already has."""
    application_id: UUID
    profile: Profile
    strengths: tuple[TraitFact, ...]
    weaknesses: tuple[TraitFact, ...]
    skills: tuple[UUID, ...]
    """Service types whose required traits are all strengths."""
    score_bps: int
    hired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDismissed(Event):
    """A worker works here no more."""

    SUBJECT: ClassVar[str] = "hiring.worker-dismissed.v1"
    AGGREGATE: ClassVar[str] = "worker_id"

    worker_id: UUID
    reason: str
    at: datetime
