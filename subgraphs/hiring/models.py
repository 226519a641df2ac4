"""Hiring's tables."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from messaging import tables as messaging_tables
from shared import idempotency
from shared.database import UtcDateTime, new_metadata

from .states import ApplicationState, AttemptState, TestState


class Base(DeclarativeBase):
    """Declarative base of this domain."""

    metadata = new_metadata()


def _names(enum: type[StrEnum]) -> Enum:
    # Kept as text: a native enum type would need a migration of its own for every new member.
    return Enum(enum, native_enum=False, length=32, create_constraint=False)


class Application(Base):
    """Somebody who wants to work here."""

    __tablename__ = "applications"
    __table_args__ = (
        Index("ix_applications_state", "state", "created_at"),
        Index("ix_applications_active", "state", "active_at"),
        Index("ix_applications_graded", "graded_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    candidate_account_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    """The account that takes the tests, and later the worker's; made up when tests are assigned."""
    name: Mapped[str] = mapped_column(String(100))
    age_months: Mapped[int] = mapped_column(Integer)
    breed: Mapped[str] = mapped_column(String(100))
    fur_colour: Mapped[str] = mapped_column(String(100))
    photo_ref: Mapped[str | None] = mapped_column(String(500))
    contact: Mapped[str] = mapped_column(String(254))
    """An e-mail address, as it was given."""
    contact_key: Mapped[str] = mapped_column(String(254), index=True)
    """The contact in lower case: who applies again is known by it."""
    open_contact: Mapped[str | None] = mapped_column(String(254), unique=True)
    """``contact_key`` while the application is open, else null: one open application per contact."""
    locale: Mapped[str] = mapped_column(String(35))
    vacancy: Mapped[str | None] = mapped_column(String(100), index=True)
    state: Mapped[ApplicationState] = mapped_column(_names(ApplicationState))
    contacted_by: Mapped[str | None] = mapped_column(String(64))
    score_bps: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    active_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When anybody last did anything about it."""
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    graded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApplicationStep(Base):
    """One step of an application's timeline."""

    __tablename__ = "application_steps"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[ApplicationState | None] = mapped_column(_names(ApplicationState))
    to_state: Mapped[ApplicationState] = mapped_column(_names(ApplicationState))
    actor: Mapped[str] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(Text)


class Decision(Base):
    """What was decided about an application, by which rule or person, and from what. Never changed."""

    __tablename__ = "decisions"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    verdict: Mapped[ApplicationState] = mapped_column(_names(ApplicationState))
    automatic: Mapped[bool]
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[int] = mapped_column(Integer)
    inputs: Mapped[dict[str, Any]] = mapped_column(JSON)
    """All that the rule looked at, so that it can be asked again."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seconds_taken: Mapped[int] = mapped_column(Integer)
    """From the application's arrival."""


class Test(Base):
    """A test of the pool. What it asks at each version is in ``TestVersion``."""

    __test__ = False  # the name makes test runners curious
    __tablename__ = "tests"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[TestState] = mapped_column(_names(TestState))
    version: Mapped[int] = mapped_column(Integer)
    """The newest version; the row is the lock of every edit."""


class TestVersion(Base):
    """What a test asked from one edit to the next. Attempts keep the version they were assigned."""

    __test__ = False
    __tablename__ = "test_versions"

    test_id: Mapped[UUID] = mapped_column(ForeignKey("tests.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    questions: Mapped[str] = mapped_column(Text)
    """JSON in the format of ``questions.py``, as it was checked."""
    pass_bps: Mapped[int] = mapped_column(Integer)
    time_limit_sec: Mapped[int] = mapped_column(Integer)
    mandatory: Mapped[bool]
    traits: Mapped[list[str]] = mapped_column(JSON)
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TestSet(Base):
    """Tests that are assigned together."""

    __test__ = False
    __tablename__ = "test_sets"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    vacancy: Mapped[str | None] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(Integer)


class TestSetItem(Base):
    """One test of a set, at its place."""

    __test__ = False
    __tablename__ = "test_set_items"

    test_set_id: Mapped[UUID] = mapped_column(ForeignKey("test_sets.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    test_id: Mapped[UUID] = mapped_column(ForeignKey("tests.id"), index=True)


class Attempt(Base):
    """One candidate's go at one version of one test."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("application_id", "test_id"),
        ForeignKeyConstraint(
            ["test_id", "test_version"], ["test_versions.test_id", "test_versions.version"]
        ),
        Index("ix_attempts_due", "state", "ends_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    test_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    test_version: Mapped[int] = mapped_column(Integer)
    mandatory: Mapped[bool]
    state: Mapped[AttemptState] = mapped_column(_names(AttemptState))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it must be handed in: the deadline, or the time limit's end once it runs, whichever comes first."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answers: Mapped[dict[str, list[str]] | None] = mapped_column(JSON)
    """What was chosen or written, by question."""
    score_bps: Mapped[int | None] = mapped_column(Integer)
    review_bps: Mapped[int | None] = mapped_column(Integer)
    """The score that a manager gave, where one had to."""
    review_note: Mapped[str | None] = mapped_column(Text)
    graded_by: Mapped[str | None] = mapped_column(String(64))


class Worker(Base):
    """Somebody who was hired. Whether they are free, and how they do, others know."""

    __tablename__ = "workers"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    """The account's id."""
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    age_months: Mapped[int] = mapped_column(Integer)
    breed: Mapped[str] = mapped_column(String(100))
    fur_colour: Mapped[str] = mapped_column(String(100))
    photo_ref: Mapped[str | None] = mapped_column(String(500))
    strengths: Mapped[dict[str, int]] = mapped_column(JSON)
    """Weight by trait code."""
    weaknesses: Mapped[dict[str, int]] = mapped_column(JSON)
    hired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dismissed_by: Mapped[str | None] = mapped_column(String(64))
    dismiss_reason: Mapped[str | None] = mapped_column(Text)


class SkillRequirement(Base):
    """What a worker must be good at to be sent on jobs of a service type."""

    __tablename__ = "skill_requirements"

    service_type_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    """Of orders, which owns service types; we know no more of them than what they need."""
    traits: Mapped[list[str]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer)
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


messaging_tables.attach(Base.metadata)
idempotency.attach(Base.metadata)
