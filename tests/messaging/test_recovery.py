"""What survives when servers and processes die, with a real nats-server."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from messaging import dead_letters, outbox
from messaging.broker import OutgoingMessage
from messaging.consumer import Policy
from messaging.jetstream import JetStreamBroker, connected_broker
from messaging.runtime import MessagingRuntime
from shared.database import Database, open_database
from tests.messaging.example import (
    create_tables,
    eventually,
    eventually_seen,
    raise_counters,
    seen,
    subscription,
)
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresCluster
from tests.support.waiting import DEADLINE

pytestmark = pytest.mark.integration


def _producer(server: NatsServer, database: Database) -> MessagingRuntime:
    return MessagingRuntime(
        domain="counting", database=database, settings=server.impatient_settings()
    )


def _reader(server: NatsServer, database: Database) -> MessagingRuntime:
    return MessagingRuntime(
        domain="reading",
        database=database,
        settings=server.impatient_settings(),
        subscriptions=[subscription()],
    )


async def _is_published(database: Database) -> bool:
    async with database.reading() as session:
        return await outbox.count_unpublished(session) == 0


async def test_a_subgraph_starts_and_records_without_a_broker(
    nats_server: NatsServer, database: Database, sqlite_database: Database
) -> None:
    await nats_server.stop()
    runtime = _producer(nats_server, database)

    async with runtime, _reader(nats_server, sqlite_database):
        await raise_counters(database, "a", 1, 2)
        assert not runtime.is_ready
        assert (await runtime.health()).outbox_waiting == 2

        await nats_server.start()
        await eventually_seen(sqlite_database, 1, 2)


async def test_a_broker_that_is_killed_and_started_again_loses_and_repeats_nothing(
    nats_server: NatsServer, database: Database, sqlite_database: Database
) -> None:
    async with _producer(nats_server, database), _reader(nats_server, sqlite_database):
        await raise_counters(database, "a", 1, 2)
        await eventually_seen(sqlite_database, 1, 2)

        await nats_server.stop()
        await raise_counters(database, "a", 3, 4)
        await nats_server.start()
        await raise_counters(database, "a", 5)
        await eventually_seen(sqlite_database, 1, 2, 3, 4, 5)


async def test_a_broker_that_loses_its_disk_gets_everything_back_by_itself(
    nats_server: NatsServer, database: Database, sqlite_database: Database
) -> None:
    """Nobody had read the first events when the disk went: only the producer's outbox still has them."""
    async with _producer(nats_server, database):
        await raise_counters(database, "a", 1, 2, 3)
        await eventually(lambda: _is_published(database))
        await nats_server.stop()
        nats_server.lose_disk()
        await raise_counters(database, "a", 4)
        await nats_server.start()

        async with _reader(nats_server, sqlite_database):
            await eventually_seen(sqlite_database, 1, 2, 3, 4)


async def test_losing_the_disk_in_mid_run_repeats_nothing_for_readers(
    nats_server: NatsServer, database: Database, sqlite_database: Database
) -> None:
    async with _producer(nats_server, database), _reader(nats_server, sqlite_database):
        await raise_counters(database, "a", 1, 2, 3)
        await eventually_seen(sqlite_database, 1, 2, 3)
        await nats_server.stop()
        nats_server.lose_disk()
        await nats_server.start()
        await raise_counters(database, "a", 4, 5)
        await eventually_seen(sqlite_database, 1, 2, 3, 4, 5)

        # The repeats did come, and were dropped.
        async with connected_broker(nats_server.settings(), name="test", within=DEADLINE) as broker:
            await eventually(lambda: _has_settled(broker, 5))
    assert await seen(sqlite_database) == [1, 2, 3, 4, 5]


async def _has_settled(broker: JetStreamBroker, count: int) -> bool:
    streams = [stream for stream in await broker.streams() if stream.name == "CATTERY_COUNTING"]
    durables = await broker.durables("CATTERY_COUNTING")
    return [stream.messages for stream in streams] == [count] and all(
        durable.pending == durable.in_flight == 0 for durable in durables
    )


async def test_republishing_by_hand_repeats_nothing_for_readers(
    nats_server: NatsServer, database: Database, sqlite_database: Database
) -> None:
    """Even when the broker has lost nothing and, its memory for ids being short, stores every repeat."""
    settings = replace(nats_server.settings(), duplicate_window=timedelta(milliseconds=100))
    producer = MessagingRuntime(domain="counting", database=database, settings=settings)
    reader = MessagingRuntime(
        domain="reading",
        database=sqlite_database,
        settings=settings,
        subscriptions=[subscription()],
    )
    async with (
        producer,
        reader,
        connected_broker(settings, name="test", within=DEADLINE) as broker,
    ):
        await raise_counters(database, "a", 1, 2, 3)
        await eventually_seen(sqlite_database, 1, 2, 3)
        await eventually(lambda: _is_stored_again(broker, after=3))
        async with database.transaction() as session:
            since = datetime.now(UTC) - timedelta(hours=2)
            assert await outbox.republish(session, since=since) == 3
        await eventually(lambda: _is_published(database))
        await raise_counters(database, "a", 4)
        await eventually(lambda: _has_settled(broker, 9))

    assert await seen(sqlite_database) == [1, 2, 3, 4]


async def _is_stored_again(broker: JetStreamBroker, *, after: int) -> bool:
    """Publish something that nobody reads; whether the broker has it twice, and so knows no ids of before."""
    await broker.publish(
        OutgoingMessage(
            stream="CATTERY_COUNTING", subject="counting.probe.sent.v1", id="probe", body=b"{}"
        )
    )
    (stream,) = await broker.streams()
    return stream.messages == after + 2


async def test_a_database_that_goes_away_costs_no_message(
    nats_server: NatsServer,
    sqlite_database: Database,
    postgres_cluster: PostgresCluster,
    postgres_url: str,
) -> None:
    reading = open_database(postgres_url)
    await create_tables(reading)
    policy = Policy(backoff=(timedelta(milliseconds=50),), max_attempts=2)
    reader = MessagingRuntime(
        domain="reading",
        database=reading,
        settings=nats_server.settings(),
        subscriptions=[subscription(policy=policy)],
    )

    async def is_tried_in_vain() -> bool:
        async with connected_broker(nats_server.settings(), name="test", within=DEADLINE) as broker:
            (durable,) = await broker.durables("CATTERY_COUNTING")
            return durable.redelivered > 0

    async with _producer(nats_server, sqlite_database), reader:
        await raise_counters(sqlite_database, "a", 1)
        await eventually_seen(reading, 1)
        await asyncio.to_thread(postgres_cluster.stop)
        try:
            await raise_counters(sqlite_database, "a", 2)
            await eventually(is_tried_in_vain)
        finally:
            await asyncio.to_thread(postgres_cluster.start)
        await eventually_seen(reading, 1, 2)

    async with reading.reading() as session:
        assert await dead_letters.count(session) == 0
    await reading.close()


async def test_a_reader_killed_between_commit_and_acknowledgement_has_its_effect_once(
    nats_server: NatsServer, database: Database
) -> None:
    async with _producer(nats_server, database):
        await raise_counters(database, "a", 1, 2)
        await eventually(lambda: _is_published(database))

    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.messaging.reader_process", nats_server.url, url]
    dying = await asyncio.create_subprocess_exec(*command)
    assert await dying.wait() == -9
    assert await seen(database) == [1]

    living = await asyncio.create_subprocess_exec(*command, "--live")
    try:
        # The second event waits behind the first, which comes again and is recognised.
        await eventually(lambda: _has_seen(database, 1, 2))
    finally:
        living.terminate()
        assert await living.wait() == 0
    async with connected_broker(nats_server.settings(), name="test", within=DEADLINE) as broker:
        await eventually(lambda: _has_settled(broker, 2))
    assert sorted(await seen(database)) == [1, 2]


async def _has_seen(database: Database, *values: int) -> bool:
    return sorted(await seen(database)) == list(values)
