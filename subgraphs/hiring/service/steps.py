"""How an application moves: state, version, timeline and event, always together."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from messaging import outbox
from shared.clock import Clock
from shared.errors import ValidationFailed
from subgraphs.hiring.events import ApplicationChanged
from subgraphs.hiring.models import Application, ApplicationStep
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.states import (
    CLOSED,
    EXPIRABLE,
    ApplicationState,
    AttemptState,
    advance,
)

SYSTEM = "system"
"""The actor of a step that no person took."""
MAX_NOTE = 4_000


async def move(
    session: AsyncSession,
    clock: Clock,
    application: Application,
    target: ApplicationState,
    *,
    actor: str,
    note: str | None = None,
) -> None:
    """Move a locked application to ``target``. When that ends it, its open attempts end too.

    Raises:
        IllegalTransition: ``target`` may not follow.
    """
    before = application.state
    application.state = advance(before, target)
    application.version += 1
    application.active_at = clock.now()
    if target in CLOSED:
        application.open_contact = None
        await close_attempts(session, application)
    seq = await HiringRepository(session).next_step(application.id)
    add_step(session, clock, application, seq, before, actor=actor, note=note)


def add_step(
    session: AsyncSession,
    clock: Clock,
    application: Application,
    seq: int,
    before: ApplicationState | None,
    *,
    actor: str,
    note: str | None = None,
) -> None:
    """Write the step that led to the application's state, and tell of it."""
    now = clock.now()
    session.add(
        ApplicationStep(
            application_id=application.id,
            seq=seq,
            at=now,
            from_state=before,
            to_state=application.state,
            actor=actor,
            note=note,
        )
    )
    changed = ApplicationChanged(
        application_id=application.id,
        state=application.state,
        version=application.version,
        candidate_account_id=application.candidate_account_id,
        occurred_at=now,
    )
    outbox.record(session, changed)


async def close_attempts(session: AsyncSession, application: Application) -> None:
    """End the attempts that can no longer matter. What waits for a manager's eye keeps its state as a record."""
    for attempt in await HiringRepository(session).list_attempts(application.id):
        if attempt.state in EXPIRABLE:
            attempt.state = advance(attempt.state, AttemptState.EXPIRED)


def check_note(name: str, text: str) -> str:
    """Return a text that somebody must write.

    Raises:
        ValidationFailed: it is empty or far too long.
    """
    if not text.strip() or len(text) > MAX_NOTE:
        raise ValidationFailed(f"`{name}` has 1 to {MAX_NOTE} characters.")
    return text.strip()
