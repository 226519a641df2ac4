"""Tests and applications in a given state, made through the commands themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.tables import OutboxMessage
from shared.clock import Clock
from subgraphs.hiring.models import Application, Attempt
from subgraphs.hiring.repository import HiringRepository
from subgraphs.hiring.service import (
    ApplicationService,
    AttemptService,
    CatProfile,
    DecisionService,
    NewApplication,
    TestDraft,
    TestPoolService,
)
from subgraphs.hiring.settings import DecisionSettings
from subgraphs.hiring.states import ApplicationState, TestState

MANAGER = "a manager"
RIGHT, WRONG = "right", "wrong"


def a_choice(id_: str = "q1", **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "kind": "choice",
        "text": "Which?",
        "options": [RIGHT, WRONG],
        "answer": RIGHT,
        **changes,
    }


def a_draft(questions: Sequence[dict[str, Any]] | None = None, **changes: Any) -> TestDraft:
    values: dict[str, Any] = {
        "code": uuid4().hex[:8],
        "title": "A test",
        "pass_bps": 8_000,
        "time_limit_sec": 600,
        "mandatory": True,
        "traits": ["careful"],
        **changes,
    }
    return TestDraft(questions=json.dumps(questions or [a_choice()]), **values)


async def a_test(session: AsyncSession, clock: Clock, draft: TestDraft | None = None) -> UUID:
    """Return the id of a published test."""
    pool = TestPoolService(session, clock)
    version = await pool.create(draft or a_draft(), actor=MANAGER)
    await pool.set_state(version.test_id, TestState.PUBLISHED)
    return version.test_id


def a_request(**changes: Any) -> NewApplication:
    values: dict[str, Any] = {
        "profile": CatProfile(
            name="Tom", age_months=20, breed="Manx", fur_colour="grey", photo_ref="tom.jpg"
        ),
        "contact": f"{uuid4().hex[:8]}@cats.test",
        "vacancy": "cleaner",
        **changes,
    }
    return NewApplication(**values)


async def an_application(
    session: AsyncSession,
    clock: Clock,
    *,
    state: ApplicationState = ApplicationState.SUBMITTED,
    tests: Sequence[TestDraft] | None = None,
    contact: str | None = None,
    settings: DecisionSettings | None = None,
) -> Application:
    """Return an application that has come to ``state`` on the shortest way.

    One that is GRADED waits for a manager, since it passed its one test with less than the rule hires for.
    """
    settings = settings or DecisionSettings()
    applications = ApplicationService(session, clock)
    decisions = DecisionService(session, clock, settings)
    application = await applications.apply(a_request(**({"contact": contact} if contact else {})))
    if state is ApplicationState.SUBMITTED:
        return application
    if state is ApplicationState.EXPIRED:
        await forget_for_a_month(session, application)
        assert await applications.expire_if_idle(application.id)
        return application
    await applications.mark_contacted(application.id, note="Friendly.", actor=MANAGER)
    if state is ApplicationState.CONTACTED:
        return application
    drafts = tests or [a_draft([a_choice("q1", weight=80), a_choice("q2", weight=20)])]
    test_ids = [await a_test(session, clock, draft) for draft in drafts]
    await applications.assign_tests(
        application.id,
        test_ids=test_ids,
        deadline=clock.now() + timedelta(days=7),
        actor=MANAGER,
    )
    match state:
        case ApplicationState.TESTS_ASSIGNED:
            pass
        case ApplicationState.TESTING:
            await start(session, clock, (await attempts_of(session, application))[0])
        case ApplicationState.WITHDRAWN:
            await applications.withdraw(application.id, account_id=account_of(application))
        case _:
            first = (await attempts_of(session, application))[0]
            await submit(session, clock, first, {"q1": RIGHT, "q2": WRONG}, settings=settings)
            if state is not ApplicationState.GRADED:
                await decisions.decide(
                    application.id,
                    hire=state is ApplicationState.HIRED,
                    reason="We talked.",
                    expected_version=application.version,
                    actor=MANAGER,
                )
    assert application.state is state
    return application


async def forget_for_a_month(session: AsyncSession, application: Application) -> None:
    """Make an application look untouched for a month."""
    application.active_at -= timedelta(days=30)
    await session.flush()


def account_of(application: Application) -> UUID:
    assert application.candidate_account_id is not None
    return application.candidate_account_id


async def attempts_of(session: AsyncSession, application: Application) -> Sequence[Attempt]:
    return await HiringRepository(session).list_attempts(application.id)


async def _account(session: AsyncSession, attempt: Attempt) -> UUID:
    found = await HiringRepository(session).find_applications([attempt.application_id])
    return account_of(found[attempt.application_id])


async def start(session: AsyncSession, clock: Clock, attempt: Attempt) -> None:
    await AttemptService(session, clock).start(
        attempt.id, account_id=await _account(session, attempt)
    )


async def submit(
    session: AsyncSession,
    clock: Clock,
    attempt: Attempt,
    answers: dict[str, str],
    *,
    settings: DecisionSettings | None = None,
) -> None:
    """Start and hand in an attempt."""
    service = AttemptService(session, clock, settings or DecisionSettings())
    account_id = await _account(session, attempt)
    await service.start(attempt.id, account_id=account_id)
    await service.submit(attempt.id, list(answers.items()), account_id=account_id)


async def outbox_of(session: AsyncSession, subject: str) -> list[dict[str, object]]:
    """Return the data of the events recorded on one subject, in order."""
    await session.flush()
    found = await session.scalars(
        select(OutboxMessage.data)
        .where(OutboxMessage.subject == subject)
        .order_by(OutboxMessage.position)
    )
    return list(found)
