from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.database import Database, new_metadata, open_database
from shared.errors import IdempotencyMismatch, ValidationFailed
from shared.idempotency import KEPT_FOR, attach, forget_old_keys, run_once

NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)


class Command:
    """Counts how often it was run."""

    def __init__(self) -> None:
        self.runs = 0

    async def __call__(self) -> UUID:
        self.runs += 1
        return uuid4()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path}/keys.db")
    metadata = new_metadata()
    attach(metadata)
    async with opened.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield opened
    await opened.close()


async def once(
    database: Database,
    command: Command,
    *,
    actor: str = "me",
    key: str = "k",
    arguments: dict[str, object] | None = None,
    now: datetime = NOW,
) -> UUID:
    async with database.transaction() as session:
        return await run_once(
            session,
            command,
            actor=actor,
            mutation="pay",
            key=key,
            arguments=arguments or {"amount": 1},
            now=now,
        )


async def test_the_same_key_runs_once_and_answers_the_same(database: Database) -> None:
    command = Command()

    answers = {await once(database, command) for _ in range(3)}

    assert len(answers) == 1
    assert command.runs == 1


async def test_rivals_with_one_key_run_once(database: Database) -> None:
    command = Command()

    answers = await asyncio.gather(*(once(database, command) for _ in range(8)))

    assert len(set(answers)) == 1
    assert command.runs == 1


async def test_keys_of_different_people_are_different_keys(database: Database) -> None:
    command = Command()

    await once(database, command, actor="me")
    await once(database, command, actor="you")

    assert command.runs == 2


async def test_a_key_cannot_be_used_for_something_else(database: Database) -> None:
    command = Command()
    await once(database, command)

    with pytest.raises(IdempotencyMismatch):
        await once(database, command, arguments={"amount": 2})


async def test_a_command_that_fails_leaves_its_key_free(database: Database) -> None:
    async def fail() -> UUID:
        raise LookupError

    with pytest.raises(LookupError):
        async with database.transaction() as session:
            await run_once(
                session,
                fail,
                actor="me",
                mutation="pay",
                key="k",
                arguments={"amount": 1},
                now=NOW,
            )
    command = Command()
    await once(database, command)

    assert command.runs == 1


async def test_a_key_is_free_again_after_seven_days(database: Database) -> None:
    command = Command()
    later = NOW + KEPT_FOR + timedelta(seconds=1)

    await once(database, command)
    await once(database, command, arguments={"amount": 2}, now=later)

    assert command.runs == 2


async def test_old_keys_are_forgotten(database: Database) -> None:
    await once(database, Command(), key="old")
    await once(database, Command(), key="new", now=NOW + KEPT_FOR)

    async with database.transaction() as session:
        forgotten = await forget_old_keys(session, now=NOW + KEPT_FOR + timedelta(seconds=1))

    assert forgotten == 1


@pytest.mark.parametrize("key", ["", "  ", "x" * 201])
async def test_a_key_has_a_length(database: Database, key: str) -> None:
    with pytest.raises(ValidationFailed):
        await once(database, Command(), key=key)
