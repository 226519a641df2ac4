"""What only a database with several writers can show: races, and the migration on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import ManualClock
from shared.database import Database
from shared.errors import DomainError
from shared.migrations import differences
from subgraphs.hiring.errors import AlreadyApplied, CodeTaken, IllegalTransition, VersionConflict
from subgraphs.hiring.models import Base
from subgraphs.hiring.service import (
    ApplicationService,
    AttemptService,
    DecisionService,
    TestPoolService,
)
from subgraphs.hiring.states import ApplicationState
from tests.support.service import migrated_database

from .builders import (
    MANAGER,
    RIGHT,
    a_draft,
    a_request,
    account_of,
    an_application,
    attempts_of,
    outbox_of,
)

pytestmark = pytest.mark.integration
RIVALS = 6


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    async with migrated_database("hiring", postgres_url) as opened:
        yield opened


async def race(
    database: Database, command: Callable[[AsyncSession, int], Awaitable[object]]
) -> list[DomainError]:
    """Run ``command`` in several transactions at once and return what was refused."""

    async def run(at: int) -> DomainError | None:
        try:
            async with database.transaction() as session:
                await command(session, at)
        except DomainError as refusal:
            return refusal
        return None

    refusals = await asyncio.gather(*(run(at) for at in range(RIVALS)))
    return [refusal for refusal in refusals if refusal is not None]


async def test_the_migration_makes_the_tables_of_the_code(database: Database) -> None:
    assert await differences(database, metadata=[Base.metadata]) == []


async def test_of_rival_applications_of_one_contact_one_is_taken(
    database: Database, clock: ManualClock
) -> None:
    refusals = await race(
        database,
        lambda session, _: ApplicationService(session, clock).apply(
            a_request(contact="tom@cats.test")
        ),
    )

    assert [type(refusal) for refusal in refusals] == [AlreadyApplied] * (RIVALS - 1)


async def test_of_rival_decisions_one_holds_and_one_worker_is_told_of(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        application = await an_application(session, clock, state=ApplicationState.GRADED)

    refusals = await race(
        database,
        lambda session, at: DecisionService(session, clock).decide(
            application.id,
            hire=True,
            reason=f"manager {at}",
            expected_version=application.version,
            actor=MANAGER,
        ),
    )

    assert [type(refusal) for refusal in refusals] == [VersionConflict] * (RIVALS - 1)
    async with database.reading() as session:
        assert len(await outbox_of(session, "hiring.worker-hired.v1")) == 1


async def test_of_rival_submissions_one_is_graded(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as session:
        application = await an_application(session, clock, state=ApplicationState.TESTING)
        (attempt,) = await attempts_of(session, application)

    refusals = await race(
        database,
        lambda session, _: AttemptService(session, clock).submit(
            attempt.id,
            [("q1", RIGHT), ("q2", RIGHT)],
            account_id=account_of(application),
        ),
    )

    assert [type(refusal) for refusal in refusals] == [IllegalTransition] * (RIVALS - 1)
    async with database.reading() as session:
        assert len(await outbox_of(session, "hiring.worker-hired.v1")) == 1


async def test_the_last_two_attempts_handed_in_at_once_decide_once(
    database: Database, clock: ManualClock
) -> None:
    """Neither transaction alone sees both attempts ended; the lock on the application puts them in a row."""
    async with database.transaction() as session:
        application = await an_application(
            session, clock, state=ApplicationState.TESTS_ASSIGNED, tests=[a_draft(), a_draft()]
        )
        attempts = await attempts_of(session, application)
        for attempt in attempts:
            await AttemptService(session, clock).start(
                attempt.id, account_id=account_of(application)
            )

    async def hand_in(session: AsyncSession, at: int) -> None:
        if at < len(attempts):
            await AttemptService(session, clock).submit(
                attempts[at].id, [("q1", RIGHT)], account_id=account_of(application)
            )

    assert await race(database, hand_in) == []
    async with database.reading() as session:
        assert len(await outbox_of(session, "hiring.worker-hired.v1")) == 1


async def test_replicas_of_the_timer_expire_an_attempt_once(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        application = await an_application(session, clock, state=ApplicationState.TESTING)
    clock.advance(timedelta(hours=1))
    counts: list[int] = []

    async def expire(session: AsyncSession, _: int) -> None:
        counts.append(await AttemptService(session, clock).expire_overdue(application.id))

    assert await race(database, expire) == []
    assert sorted(counts) == [0] * (RIVALS - 1) + [1]


async def test_of_rival_tests_of_one_code_one_is_kept(
    database: Database, clock: ManualClock
) -> None:
    refusals = await race(
        database,
        lambda session, _: TestPoolService(session, clock).create(
            a_draft(code="SAME"), actor=MANAGER
        ),
    )

    assert [type(refusal) for refusal in refusals] == [CodeTaken] * (RIVALS - 1)


async def test_the_statements_run_on_postgresql_too(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as session:
        for state in ApplicationState:
            await an_application(session, clock, state=state)
