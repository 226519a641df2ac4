"""The relay: every committed event reaches the broker, in its aggregate's order, whatever dies in between."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from messaging import outbox
from messaging.broker import Broker, OutgoingMessage
from messaging.envelope import Envelope, parse_envelope
from messaging.errors import BrokerUnavailable, PublishRejected
from messaging.relay import Relay
from messaging.settings import MessagingSettings
from messaging.testing import FakeBroker
from messaging.topology import DurableSpec, stream_for_domain
from shared.clock import ManualClock
from shared.database import Database, open_database
from tests.messaging.example import CounterRaised, create_tables, eventually, raise_counters
from tests.support.waiting import DEADLINE_SECONDS

_DURABLE = DurableSpec(
    name="reading-raised",
    stream="CATTERY_COUNTING",
    subjects=(CounterRaised.SUBJECT,),
    ack_wait=timedelta(seconds=30),
    max_in_flight=1000,
    hand_over_after=timedelta(seconds=1),
)


class Killed(BaseException):
    """What a power cut looks like from within: nothing catches it, nothing runs after it."""


class _DyingBroker(FakeBroker):
    """Dies once: after it has stored the message, before the relay can know."""

    dies_at: str | None = None

    async def publish(self, message: OutgoingMessage) -> None:
        await super().publish(message)
        if self.dies_at is not None and self.dies_at in message.body.decode():
            self.dies_at = None
            raise Killed


class _FlakyBroker(FakeBroker):
    """Answers late, out of turn, and now and then not at all, though it may have stored the message."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)  # noqa: S311  not for secrets

    async def publish(self, message: OutgoingMessage) -> None:
        await asyncio.sleep(self._random.random() * 0.003)
        fate = self._random.random()
        if fate < 0.05:
            raise BrokerUnavailable("never arrived")
        await super().publish(message)
        if fate > 0.95:
            raise BrokerUnavailable("arrived, but the answer was lost")


class _PickyBroker(FakeBroker):
    """Refuses what one aggregate has to say."""

    async def publish(self, message: OutgoingMessage) -> None:
        if b'"subject":"bad"' in message.body:
            raise PublishRejected("not this one")
        await super().publish(message)


def _relay(
    broker: Broker, database: Database, settings: MessagingSettings, clock: ManualClock
) -> Relay:
    return Relay(
        source="counting", broker=broker, database=database, settings=settings, clock=clock
    )


async def _stored(broker: Broker) -> list[Envelope]:
    """Return what is in the stream, in its order."""
    await broker.declare_stream(stream_for_domain("counting", MessagingSettings()))
    await broker.declare_durable(_DURABLE)
    puller = await broker.open_puller(_DURABLE)
    envelopes: list[Envelope] = []
    while taken := await puller.pull(100):
        for delivery in taken:
            envelopes.append(parse_envelope(delivery.body))
            await delivery.ack()
    await puller.close()
    return envelopes


def _numbers(envelopes: list[Envelope], aggregate: str) -> list[int]:
    return [envelope.seq for envelope in envelopes if envelope.subject == aggregate]


async def _waiting(database: Database) -> int:
    async with database.reading() as session:
        return await outbox.count_unpublished(session)


async def test_committed_events_are_published_in_order_and_once(
    broker: Broker, database: Database, settings: MessagingSettings, clock: ManualClock
) -> None:
    await raise_counters(database, "a", 1, 2, 3)
    await raise_counters(database, "b", 1)
    relay = _relay(broker, database, settings, clock)

    assert await relay.publish_pending() == 4
    assert await relay.publish_pending() == 0

    envelopes = await _stored(broker)
    assert _numbers(envelopes, "a") == [1, 2, 3]
    assert _numbers(envelopes, "b") == [1]
    assert {envelope.source for envelope in envelopes} == {"counting"}
    assert await _waiting(database) == 0


async def test_killed_between_publish_and_mark_publishes_again_and_is_stored_once(
    database: Database, settings: MessagingSettings, clock: ManualClock
) -> None:
    broker = _DyingBroker()
    broker.dies_at = '"value":2'
    await raise_counters(database, "a", 1, 2, 3)

    with pytest.raises(BaseExceptionGroup):
        await _relay(broker, database, settings, clock).publish_pending()
    assert await _waiting(database) > 0
    restarted = _relay(broker, database, settings, clock)
    while await _waiting(database):
        await restarted.publish_pending()

    assert len(broker.published) > 3
    assert _numbers(await _stored(broker), "a") == [1, 2, 3]


async def test_a_broker_that_is_away_loses_nothing(
    database: Database, settings: MessagingSettings, clock: ManualClock
) -> None:
    broker = FakeBroker()
    broker.go_away()
    relay = _relay(broker, database, settings, clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run())
        await raise_counters(database, "a", 1, 2)
        with pytest.raises(BrokerUnavailable):
            await _relay(broker, database, settings, clock).publish_pending()
        assert await _waiting(database) == 2

        await broker.come_back()
        await eventually(lambda: _is_published(database))
        relay.stop()

    assert _numbers(await _stored(broker), "a") == [1, 2]


@pytest.mark.parametrize("seed", range(5))
async def test_one_aggregate_is_never_reordered_by_failures(
    sqlite_database: Database, settings: MessagingSettings, clock: ManualClock, seed: int
) -> None:
    broker = _FlakyBroker(seed)
    for value in range(1, 16):
        for counter in ("a", "b", "c", "d"):
            await raise_counters(sqlite_database, counter, value)
    relay = _relay(broker, sqlite_database, settings, clock)

    while await _waiting(sqlite_database):
        try:
            await relay.publish_pending()
        except BrokerUnavailable:
            continue

    envelopes = await _stored(broker)
    for counter in ("a", "b", "c", "d"):
        assert _numbers(envelopes, counter) == list(range(1, 16))


async def test_a_refused_event_holds_back_its_own_aggregate_only(
    sqlite_database: Database, settings: MessagingSettings, clock: ManualClock
) -> None:
    broker = _PickyBroker()
    await raise_counters(sqlite_database, "bad", 1, 2)
    await raise_counters(sqlite_database, "good", 1, 2)
    relay = _relay(broker, sqlite_database, settings, clock)

    assert await relay.publish_pending() == 2
    await raise_counters(sqlite_database, "good", 3)
    assert await relay.publish_pending() == 1

    assert _numbers(await _stored(broker), "good") == [1, 2, 3]
    assert await _waiting(sqlite_database) == 2


async def test_a_commit_wakes_the_relay_without_polling(
    sqlite_database: Database, clock: ManualClock
) -> None:
    never = MessagingSettings(poll_interval=timedelta(hours=1))
    broker = FakeBroker()
    relay = _relay(broker, sqlite_database, never, clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run())
        for value in (1, 2, 3):
            await raise_counters(sqlite_database, "a", value)
            await eventually(lambda: _is_published(sqlite_database))
        relay.stop()

    assert _numbers(await _stored(broker), "a") == [1, 2, 3]


@pytest.mark.integration
async def test_several_relays_on_one_database_take_turns(
    postgres_url: str, settings: MessagingSettings, clock: ManualClock
) -> None:
    databases = [open_database(postgres_url) for _ in range(3)]
    broker = _FlakyBroker(seed=7)
    relays = [_relay(broker, database, settings, clock) for database in databases]
    await create_tables(databases[0])

    async with asyncio.TaskGroup() as tasks:
        for relay in relays:
            tasks.create_task(relay.run())
        for value in range(1, 31):
            await raise_counters(databases[value % 3], "a", value)
            await raise_counters(databases[value % 2], "b", value)
        await eventually(lambda: _is_published(databases[0]))
        for relay in relays:
            relay.stop()

    envelopes = await _stored(broker)
    assert _numbers(envelopes, "a") == list(range(1, 31))
    assert _numbers(envelopes, "b") == list(range(1, 31))
    for database in databases:
        await database.close()


class _SlowBroker(FakeBroker):
    """Takes its time until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def publish(self, message: OutgoingMessage) -> None:
        self.is_asked.set()
        await self.let_go.wait()
        await super().publish(message)


@pytest.mark.integration
async def test_a_relay_leaves_the_outbox_alone_while_another_is_at_work(
    postgres_url: str, settings: MessagingSettings, clock: ManualClock
) -> None:
    database = open_database(postgres_url)
    await create_tables(database)
    await raise_counters(database, "a", 1, 2)
    broker = _SlowBroker()
    first = _relay(broker, database, settings, clock)
    second = _relay(broker, database, settings, clock)

    at_work = asyncio.create_task(first.publish_pending())
    await broker.is_asked.wait()
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            assert await second.publish_pending() == 0
    finally:
        broker.let_go.set()

    assert await at_work == 2
    assert len(broker.published) == 2
    await database.close()


async def test_a_stream_made_anew_gets_back_what_it_lost(
    database: Database, settings: MessagingSettings, clock: ManualClock
) -> None:
    broker = FakeBroker()
    await raise_counters(database, "a", 1, 2)
    relay = _relay(broker, database, settings, clock)
    await relay.publish_pending()

    broker.go_away()
    broker.lose_store()
    await raise_counters(database, "a", 3)
    await broker.come_back()
    # Somebody else was faster to make the stream again: its absence is not what tells.
    await broker.declare_stream(stream_for_domain("counting", settings))
    await relay.publish_pending()

    assert _numbers(await _stored(broker), "a") == [1, 2, 3]


async def _is_published(database: Database) -> bool:
    return await _waiting(database) == 0
