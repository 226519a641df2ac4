"""The outbox on SQLite and PostgreSQL: events live and die with their transaction, numbered per aggregate."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from messaging import outbox
from messaging.context import caused_by, traced
from messaging.envelope import Envelope
from messaging.errors import EventInvalid
from messaging.tables import OutboxMessage
from shared.clock import ManualClock
from shared.database import Database
from tests.messaging.example import NOON, Counter, raise_counter, raise_counters, raised


async def _messages(database: Database) -> list[OutboxMessage]:
    async with database.reading() as session:
        found = await session.scalars(select(OutboxMessage).order_by(OutboxMessage.position))
        return list(found.all())


class Broken(Exception):
    pass


async def _raise_counter_and_fail(database: Database, value: int) -> None:
    async with database.transaction() as session:
        await raise_counter(session, "a", value)
        await session.flush()
        raise Broken


async def test_rollback_leaves_no_event(database: Database) -> None:
    with pytest.raises(Broken):
        await _raise_counter_and_fail(database, 1)

    assert await _messages(database) == []
    async with database.reading() as session:
        assert await session.get(Counter, "a") is None


async def test_commit_keeps_the_event_with_the_change(database: Database) -> None:
    await raise_counters(database, "a", 1)

    (message,) = await _messages(database)
    envelope = outbox.envelope_of(message, source="counting")
    assert envelope.nats_subject == "counting.counter.raised.v1"
    assert (envelope.subject, envelope.seq, envelope.source) == ("a", 1, "counting")
    assert envelope.data == {"counterId": "a", "value": 1}
    assert envelope.occurred_at == NOON
    assert envelope.correlation_id == "a"
    assert envelope.causation_id is None


async def test_each_aggregate_counts_from_one_without_gaps(database: Database) -> None:
    await raise_counters(database, "a", 1, 2)
    await raise_counters(database, "b", 7)
    with pytest.raises(Broken):
        await _raise_counter_and_fail(database, 3)
    await raise_counters(database, "a", 3)

    numbers = [(message.aggregate_id, message.seq) for message in await _messages(database)]
    assert numbers == [("a", 1), ("a", 2), ("b", 1), ("a", 3)]


async def test_numbers_follow_commits_when_transactions_race(database: Database) -> None:
    async def record(value: int) -> None:
        async with database.transaction() as session:
            outbox.record(session, raised("a", value))
            await session.flush()
            # The one that was numbered first takes longest to commit.
            await asyncio.sleep(0.01 * (5 - value))

    async with asyncio.TaskGroup() as tasks:
        for value in range(5):
            tasks.create_task(record(value))

    messages = await _messages(database)
    assert [message.seq for message in messages] == [1, 2, 3, 4, 5]
    assert {message.data["value"] for message in messages} == set(range(5))


async def test_pruning_keeps_what_is_unpublished_and_never_reuses_a_number(
    database: Database, clock: ManualClock
) -> None:
    await raise_counters(database, "a", 1, 2)
    first, _ = await _messages(database)
    async with database.transaction() as session:
        await outbox.mark_published(session, [first.position], at=clock.now())

    clock.advance(timedelta(days=30))
    async with database.transaction() as session:
        assert await outbox.prune(session, published_before=clock.now()) == 1
    await raise_counters(database, "a", 3)

    assert [message.seq for message in await _messages(database)] == [2, 3]


async def test_republish_gives_back_what_is_young_enough(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        outbox.record(session, raised("old", 1), clock=clock)
    clock.advance(timedelta(hours=3))
    async with database.transaction() as session:
        outbox.record(session, raised("new", 1), clock=clock)
        await session.flush()
        everything = (await session.scalars(select(OutboxMessage.position))).all()
        await outbox.mark_published(session, everything, at=clock.now())

    async with database.transaction() as session:
        count = await outbox.republish(session, since=clock.now() - timedelta(hours=2))

    assert count == 1
    async with database.reading() as session:
        waiting = await outbox.unpublished(session, limit=10)
    assert [message.aggregate_id for message in waiting] == ["new"]


async def test_republish_can_be_limited_to_one_stream(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        outbox.record(session, raised("a", 1), clock=clock)
        await session.flush()
        everything = (await session.scalars(select(OutboxMessage.position))).all()
        await outbox.mark_published(session, everything, at=clock.now())

    async with database.transaction() as session:
        since = clock.now() - timedelta(hours=1)
        assert await outbox.republish(session, since=since, stream_domain="count") == 0
        assert await outbox.republish(session, since=since, stream_domain="counting") == 1


async def test_events_of_a_handler_continue_the_story(database: Database) -> None:
    cause = Envelope(
        id="cause-1", type="orders.order.submitted", v=1, source="orders", subject="order-1", seq=1,
        occurred_at=NOON, correlation_id="story-1", traceparent="00-aa-bb-01", data={},
    )  # fmt: skip

    with caused_by(cause):
        await raise_counters(database, "a", 1)
    with traced("00-cc-dd-01"):
        await raise_counters(database, "b", 1)

    caused, free = await _messages(database)
    assert (caused.correlation_id, caused.causation_id) == ("story-1", "cause-1")
    assert caused.traceparent == "00-aa-bb-01"
    assert (free.correlation_id, free.causation_id) == ("b", None)
    assert free.traceparent == "00-cc-dd-01"


async def test_commit_wakes_the_relay_and_rollback_may(sqlite_database: Database) -> None:
    signal = outbox.commit_signal(sqlite_database.engine.sync_engine)

    async with sqlite_database.transaction() as session:
        await raise_counter(session, "a", 1)
        await session.flush()
        assert not signal.is_set()
        async with session.begin_nested():
            await raise_counter(session, "a", 2)
        assert not signal.is_set()

    assert signal.is_set()


async def test_an_event_too_large_for_the_broker_is_refused_before_it_is_recorded(
    sqlite_database: Database,
) -> None:
    async with sqlite_database.transaction() as session:
        with pytest.raises(EventInvalid, match="Send a reference instead"):
            outbox.record(session, raised("x" * 600_000, 1))
