"""The commands, with a real nats-server and the databases of two subgraphs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner, Result

from messaging import dead_letters, outbox
from messaging.cli import app
from messaging.consumer import Reject
from messaging.envelope import Envelope
from messaging.runtime import MessagingRuntime
from shared.database import Database, open_database
from tests.messaging.example import (
    Raised,
    create_tables,
    eventually,
    eventually_seen,
    note_down,
    raise_counters,
    subscription,
)
from tests.support.nats import NatsServer
from tests.support.waiting import DEADLINE


@dataclass(slots=True)
class _Platform:
    """Two subgraphs with a broker, and the commands beside them."""

    folder: Path
    nats_url: str
    counting: Database
    reading: Database

    async def invoke(
        self, *arguments: str, answer: str = "", patience: timedelta = DEADLINE
    ) -> Result:
        """Run a command as another process would: in a loop of its own."""
        environment = {
            "CATTERY_DATA_DIR": str(self.folder),
            "NATS_URL": self.nats_url,
            "COLUMNS": "200",
            "CATTERY_BROKER_PATIENCE_SECONDS": str(int(patience.total_seconds())),
            "CATTERY_DOMAINS": "",
            "CATTERY_DATABASE_URL": "",
        }
        runner = CliRunner()
        result: Result = await asyncio.to_thread(
            runner.invoke, app, ["messages", *arguments], env=environment, input=answer
        )
        return result


@pytest.fixture
async def platform(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[_Platform]:
    folder = tmp_path / "data"
    databases = [
        open_database(f"sqlite+aiosqlite:///{folder / name}.sqlite3")
        for name in ("counting", "reading")
    ]
    for database in databases:
        await create_tables(database)
    yield _Platform(folder, nats_server.url, *databases)
    for database in databases:
        await database.close()


async def _rejects_ones(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
    if event.value == 1:
        raise Reject("ones are not for us")
    await note_down("reading-counter-raised")(session, event, envelope)


async def _has_letters(database: Database, count: int) -> bool:
    async with database.reading() as session:
        return await dead_letters.count(session) == count


async def _is_published(database: Database) -> bool:
    async with database.reading() as session:
        return await outbox.count_unpublished(session) == 0


pytestmark = pytest.mark.integration


async def test_lag_and_topology_say_who_reads_what(
    platform: _Platform, nats_server: NatsServer
) -> None:
    settings = nats_server.settings()
    reader = MessagingRuntime(
        domain="reading",
        database=platform.reading,
        settings=settings,
        subscriptions=[subscription()],
    )
    producer = MessagingRuntime(domain="counting", database=platform.counting, settings=settings)
    async with reader:
        await eventually(lambda: _is_declared(reader))
    async with producer:
        await raise_counters(platform.counting, "a", 1, 2, 3)
        await eventually(lambda: _is_published(platform.counting))

    lag = await platform.invoke("lag")
    assert lag.exit_code == 0, lag.output
    (line,) = [line for line in lag.output.splitlines() if "reading-counter-raised" in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "reading-counter-raised", "CATTERY_COUNTING", "3", "0", "0",
    ]  # fmt: skip

    late = await platform.invoke("lag", "--fail-above", "2")
    assert late.exit_code == 1
    assert "Behind: reading-counter-raised" in late.output
    assert (await platform.invoke("lag", "--fail-above", "3")).exit_code == 0

    topology = await platform.invoke("topology")
    assert topology.exit_code == 0, topology.output
    (line,) = [line for line in topology.output.splitlines() if "counter.raised.v1" in line]
    assert "reading-counter-raised" in line
    assert "_replay" not in topology.output


async def _is_declared(runtime: MessagingRuntime) -> bool:
    return runtime.is_ready and "reading-counter-raised" in await runtime.lag()


async def test_forget_deletes_a_subscription_after_asking(
    platform: _Platform, nats_server: NatsServer
) -> None:
    reader = MessagingRuntime(
        domain="reading",
        database=platform.reading,
        settings=nats_server.settings(),
        subscriptions=[subscription()],
    )
    async with reader:
        await eventually(lambda: _is_declared(reader))

    kept = await platform.invoke("forget", "reading-counter-raised", answer="n\n")
    assert kept.exit_code == 1
    gone = await platform.invoke("forget", "reading-counter-raised", answer="y\n")
    assert gone.exit_code == 0, gone.output
    missing = await platform.invoke("forget", "reading-counter-raised", "--yes")
    assert missing.exit_code == 1
    assert "There is no subscription reading-counter-raised" in missing.output


async def test_republish_hands_events_to_the_running_subgraphs(
    platform: _Platform, nats_server: NatsServer
) -> None:
    producer = MessagingRuntime(
        domain="counting", database=platform.counting, settings=nats_server.settings()
    )
    async with producer:
        await raise_counters(platform.counting, "a", 1, 2, 3)
        await eventually(lambda: _is_published(platform.counting))
    result = await platform.invoke("republish", "--since", "2h")

    assert result.exit_code == 0, result.output
    counts = {
        cells[0].strip(): cells[1].strip()
        for line in result.output.splitlines()
        if len(cells := line.strip("│").split("│")) == 2
    }
    assert counts == {"counting": "3", "reading": "0"}
    assert not await _is_published(platform.counting)


async def test_dead_letters_are_listed_shown_replayed_and_dropped(
    platform: _Platform, nats_server: NatsServer
) -> None:
    settings = nats_server.settings()
    producer = MessagingRuntime(domain="counting", database=platform.counting, settings=settings)
    strict = MessagingRuntime(
        domain="reading",
        database=platform.reading,
        settings=settings,
        subscriptions=[subscription(handler=_rejects_ones)],
    )
    async with producer, strict:
        await raise_counters(platform.counting, "a", 1)
        await raise_counters(platform.counting, "b", 1)
        await eventually(lambda: _has_letters(platform.reading, 2))

    listed = await platform.invoke("dead-letters", "list", "-d", "reading")
    assert listed.exit_code == 0
    assert "reading/1" in listed.output
    assert "ones are not for us" in listed.output
    shown = await platform.invoke("dead-letters", "show", "reading/1")
    assert '"counterId":"a"' in shown.output

    replayed = await platform.invoke("dead-letters", "replay", "reading/1")
    assert replayed.exit_code == 0, replayed.output
    assert "1 letter sent again." in replayed.output
    lenient = MessagingRuntime(
        domain="reading",
        database=platform.reading,
        settings=settings,
        subscriptions=[subscription()],
    )
    async with lenient:
        await eventually_seen(platform.reading, 1, counter="a")
    assert await _has_letters(platform.reading, 1)

    dropped = await platform.invoke("dead-letters", "drop", "--all", "--yes")
    assert "1 letter dropped." in dropped.output
    empty = await platform.invoke("dead-letters", "list")
    assert "There are no dead letters." in empty.output


async def test_what_was_asked_wrongly_is_said_with_exit_code_2(platform: _Platform) -> None:
    for arguments, said in [
        (("republish", "--since", "yesterday"), "is no duration"),
        (("dead-letters", "replay"), "Name letters, or say --all"),
        (("dead-letters", "drop", "reading/1", "--all", "--yes"), "Name letters, or say --all"),
        (("dead-letters", "replay", "reading-1"), "names no letter"),
    ]:
        result = await platform.invoke(*arguments)
        assert (result.exit_code, said in result.output) == (2, True), result.output


async def test_what_cannot_be_done_is_one_line_with_exit_code_1(
    platform: _Platform, nats_server: NatsServer
) -> None:
    unnamed = await platform.invoke("dead-letters", "replay", "reading/99")
    assert unnamed.exit_code == 1
    assert "Not every letter that was named exists." in unnamed.output
    unknown = await platform.invoke("republish", "--since", "1h", "-d", "nowhere")
    assert unknown.exit_code == 1
    assert "nowhere has no database" in unknown.output

    await nats_server.stop()
    away = await platform.invoke("lag", patience=timedelta(seconds=1))
    assert away.exit_code == 1
    assert "No broker answers at" in away.output
