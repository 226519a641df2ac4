"""A subgraph's messaging from commit to effect: the fake broker with SQLite, JetStream with PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging import dead_letters, outbox
from messaging.broker import Broker, OutgoingMessage
from messaging.consumer import Policy, Reject, Retry, Subscription
from messaging.envelope import Envelope
from messaging.errors import SubscriptionInvalid
from messaging.runtime import MessagingRuntime
from messaging.settings import MessagingSettings
from messaging.tables import DeadLetter, OutboxMessage
from messaging.testing import FakeBroker
from messaging.topology import stream_for_domain
from shared.database import Database
from tests.messaging.example import (
    NOON,
    CounterRaised,
    Raised,
    Seen,
    eventually,
    eventually_seen,
    note_down,
    raise_counters,
    raised,
    seen,
    subscription,
)

pairs = pytest.mark.parametrize(
    ("broker", "database"),
    [
        ("fake", "sqlite"),
        pytest.param("jetstream", "postgresql", marks=pytest.mark.integration),
    ],
    indirect=True,
)
"""Each broker and each database once: what they have to do with each other is only what is tested here."""

SOON = Policy(backoff=(timedelta(milliseconds=20),), max_attempts=3)


def _runtime(
    broker: Broker,
    database: Database,
    settings: MessagingSettings,
    *subscriptions: Subscription[Any],
    domain: str = "reading",
) -> MessagingRuntime:
    return MessagingRuntime(
        domain=domain,
        database=database,
        settings=settings,
        subscriptions=subscriptions,
        broker=broker,
    )


async def _letters(database: Database) -> Sequence[DeadLetter]:
    async with database.reading() as session:
        return await dead_letters.parked(session)


async def _has_letters(database: Database, count: int) -> bool:
    return len(await _letters(database)) == count


async def _publish(
    broker: Broker, settings: MessagingSettings, body: bytes, *, message_id: str
) -> None:
    """Send something that no relay of ours would send."""
    spec = stream_for_domain("counting", settings)
    await broker.declare_stream(spec)
    await broker.publish(
        OutgoingMessage(stream=spec.name, subject=CounterRaised.SUBJECT, id=message_id, body=body)
    )


def _envelope(event_id: str, value: object, *, seq: int = 1, counter: str = "a") -> bytes:
    return Envelope(
        id=event_id, type="counting.counter.raised", v=1, source="counting", subject=counter, seq=seq,
        occurred_at=NOON, correlation_id=counter,
        data={"counterId": counter, "value": value, "unknownToReaders": True},
    ).to_json()  # fmt: skip


@pairs
async def test_an_event_reaches_every_subscription_once(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    readers = [subscription("reading-counter-raised"), subscription("reading-it-too")]

    async with _runtime(broker, database, settings, *readers):
        await raise_counters(database, "a", 1)
        await eventually(lambda: _has_effects(database, 2))

    assert await seen(database) == [1, 1]


async def _has_effects(database: Database, count: int) -> bool:
    return len(await seen(database)) == count


@pairs
async def test_handled_twice_is_handled_once(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    # Two message ids: the broker cannot know that it is one event, the inbox does.
    await _publish(broker, settings, _envelope("event-1", 1), message_id="first")
    await _publish(broker, settings, _envelope("event-1", 1), message_id="second")
    await _publish(broker, settings, _envelope("event-2", 2, seq=2), message_id="third")

    async with _runtime(broker, database, settings, subscription()):
        await eventually_seen(database, 1, 2)


@pairs
async def test_a_handler_that_fails_leaves_nothing_and_is_tried_again(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    attempts: list[int] = []

    async def fails_twice(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        await note_down("reading-counter-raised")(session, event, envelope)
        if event.counter_id == "effect":
            return
        outbox.record(session, raised("effect", event.value))
        await session.flush()
        attempts.append(event.value)
        if len(attempts) < 3:
            raise ValueError("not yet")

    async with _runtime(broker, database, settings, subscription(handler=fails_twice, policy=SOON)):
        await raise_counters(database, "a", 1)
        await eventually_seen(database, 1, counter="a")
        await eventually_seen(database, 1, counter="effect")

    assert attempts == [1, 1, 1]
    async with database.reading() as session:
        cause, effect = (
            await session.scalars(select(OutboxMessage).order_by(OutboxMessage.position))
        ).all()
    assert (effect.aggregate_id, effect.seq) == ("effect", 1)
    assert (effect.correlation_id, effect.causation_id) == ("a", cause.id)
    assert await _letters(database) == []


@pairs
async def test_retry_asks_to_be_called_again_later(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    calls: list[float] = []

    async def not_now(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        calls.append(monotonic())
        if len(calls) < SOON.max_attempts:
            raise Retry(timedelta(milliseconds=50))
        await note_down("reading-counter-raised")(session, event, envelope)

    async with _runtime(broker, database, settings, subscription(handler=not_now, policy=SOON)):
        await raise_counters(database, "a", 1)
        await eventually_seen(database, 1)

    assert len(calls) == SOON.max_attempts
    pauses = [later - earlier for earlier, later in pairwise(calls)]
    assert all(pause >= 0.045 for pause in pauses)


async def test_retry_does_not_go_on_for_ever(
    sqlite_database: Database, settings: MessagingSettings
) -> None:
    async def never(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        raise Retry(timedelta(milliseconds=1), "the order is not here yet")

    async with _runtime(
        FakeBroker(), sqlite_database, settings, subscription(handler=never, policy=SOON)
    ):
        await raise_counters(sqlite_database, "a", 1)
        await eventually(lambda: _has_letters(sqlite_database, 1))

    (letter,) = await _letters(sqlite_database)
    assert letter.reason == "after 3 attempts: the order is not here yet"


async def test_an_outage_is_waited_out_and_is_no_fault_of_the_message(
    sqlite_database: Database, settings: MessagingSettings
) -> None:
    calls: list[int] = []

    async def needs_a_neighbour(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        calls.append(event.value)
        if len(calls) <= 2 * SOON.max_attempts:
            raise ConnectionRefusedError("the neighbour is away")
        await note_down("reading-counter-raised")(session, event, envelope)

    async with _runtime(
        FakeBroker(),
        sqlite_database,
        settings,
        subscription(handler=needs_a_neighbour, policy=SOON),
    ):
        await raise_counters(sqlite_database, "a", 1)
        await eventually_seen(sqlite_database, 1)

    assert await _letters(sqlite_database) == []


@pairs
async def test_reject_parks_the_message_and_the_next_one_goes_on(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    async def choosy(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        if event.value == 1:
            raise Reject("ones are not for us")
        await note_down("reading-counter-raised")(session, event, envelope)

    async with _runtime(broker, database, settings, subscription(handler=choosy)):
        await raise_counters(database, "a", 1, 2)
        await eventually_seen(database, 2)

    (letter,) = await _letters(database)
    assert (letter.subscription, letter.subject) == (
        "reading-counter-raised",
        CounterRaised.SUBJECT,
    )
    assert (letter.reason, letter.attempts) == ("ones are not for us", 1)


@pairs
async def test_a_poisoned_message_is_parked_after_its_attempts(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    async def always_fails(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        raise ZeroDivisionError("for ever")

    async with _runtime(
        broker, database, settings, subscription(handler=always_fails, policy=SOON)
    ):
        await raise_counters(database, "a", 1)
        await eventually(lambda: _has_letters(database, 1))

    (letter,) = await _letters(database)
    assert letter.reason == "after 3 attempts: ZeroDivisionError: for ever"
    assert letter.attempts == 3


@pairs
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff not JSON", "The message is not JSON"),
        (b'{"id":"x"}', "type must be a text"),
        (_envelope("event-1", "one"), "data.value: int was expected, not str."),
    ],
)
async def test_what_cannot_be_read_is_parked_as_it_came(
    broker: Broker, database: Database, settings: MessagingSettings, body: bytes, reason: str
) -> None:
    await _publish(broker, settings, body, message_id="1")

    async with _runtime(broker, database, settings, subscription()):
        await eventually(lambda: _has_letters(database, 1))

    (letter,) = await _letters(database)
    assert letter.body == body
    assert reason in letter.reason


@pairs
async def test_a_replayed_letter_is_handled_by_its_subscription_only(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    is_mended = False

    async def breaks(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        if not is_mended:
            raise Reject("not mended yet")
        session.add(Seen(subscription="reading-broken", counter="mended", value=event.value))

    readers = [subscription("reading-broken", breaks), subscription("reading-counter-raised")]
    async with _runtime(broker, database, settings, *readers):
        await raise_counters(database, "a", 1)
        await eventually(lambda: _has_letters(database, 1))

        # In vain: the letter stays, with the sum of its attempts.
        await _replay(broker, database, settings)
        await eventually(lambda: _is_parked_again(database))
        is_mended = True
        await _replay(broker, database, settings)
        await eventually_seen(database, 1, counter="mended")
        await eventually(lambda: _has_letters(database, 0))

    assert await seen(database, counter="a") == [1]


async def _is_parked_again(database: Database) -> bool:
    (letter,) = await _letters(database)
    return letter.attempts == 2 and letter.replayed_at is None


async def _replay(broker: Broker, database: Database, settings: MessagingSettings) -> None:
    async with database.transaction() as session:
        for letter in await dead_letters.parked(session):
            await dead_letters.replay(session, letter, broker, settings, at=datetime.now(UTC))


@dataclass(slots=True)
class _Watched:
    """A handler that knows how many of it are at work."""

    at_work: Tally[str]
    most: int = 0
    overlapped: bool = False

    async def handle(self, session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        self.overlapped = self.overlapped or self.at_work[event.counter_id] > 0
        self.at_work[event.counter_id] += 1
        self.most = max(self.most, self.at_work.total())
        try:
            await asyncio.sleep(0.002)
            # Every third message fails at its first two attempts.
            if event.value % 3 == 0 and envelope.id not in _failed_twice(envelope.id):
                raise ValueError("again, please")
            await note_down("reading-counter-raised")(session, event, envelope)
        finally:
            self.at_work[event.counter_id] -= 1


_failures: Tally[str] = Tally()


def _failed_twice(event_id: str) -> frozenset[str]:
    _failures[event_id] += 1
    return frozenset({event_id}) if _failures[event_id] > 2 else frozenset()


@pairs
async def test_one_aggregate_is_handled_in_order_beside_others_and_through_redelivery(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    counters = ("a", "b", "c", "d")
    for value in range(1, 9):
        for counter in counters:
            await raise_counters(database, counter, value)
    watched = _Watched(Tally())
    policy = Policy(backoff=(timedelta(milliseconds=20),), concurrency=3)

    async with _runtime(
        broker, database, settings, subscription(handler=watched.handle, policy=policy)
    ):
        for counter in counters:
            await eventually_seen(database, *range(1, 9), counter=counter)

    assert not watched.overlapped
    # SQLite has one writer, so handlers take turns there.
    assert watched.most <= (1 if database.engine.dialect.name == "sqlite" else 3)


@pairs
async def test_latest_only_ignores_older_news(
    broker: Broker, database: Database, settings: MessagingSettings
) -> None:
    for seq in (1, 3, 2, 4):
        await _publish(
            broker, settings, _envelope(f"event-{seq}", seq, seq=seq), message_id=str(seq)
        )

    async with _runtime(broker, database, settings, subscription(policy=Policy(latest_only=True))):
        await eventually_seen(database, 1, 3, 4)


async def test_stopping_lets_the_handler_finish_and_gives_back_the_rest(
    broker: Broker, sqlite_database: Database, settings: MessagingSettings
) -> None:
    started = asyncio.Event()
    let_go = asyncio.Event()

    async def slow(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        started.set()
        await let_go.wait()
        await note_down("reading-counter-raised")(session, event, envelope)

    await raise_counters(sqlite_database, "a", 1, 2, 3)
    async with _runtime(broker, sqlite_database, settings, subscription(handler=slow)):
        await started.wait()
        asyncio.get_running_loop().call_later(0.1, let_go.set)
    # The handler at work has committed, and no other was begun.
    assert await seen(sqlite_database) == [1]


async def test_the_next_instance_goes_on_at_once_where_one_stopped(
    sqlite_database: Database, settings: MessagingSettings
) -> None:
    broker = FakeBroker(pull_wait=timedelta(milliseconds=200))
    started = asyncio.Event()

    async def waits_for_ever(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        started.set()
        await asyncio.sleep(0.2)
        raise Retry(timedelta(milliseconds=1))

    await raise_counters(sqlite_database, "a", 1, 2, 3)
    async with _runtime(broker, sqlite_database, settings, subscription(handler=waits_for_ever)):
        await started.wait()

    async with _runtime(broker, sqlite_database, settings, subscription()):
        await eventually(lambda: _has_effects(sqlite_database, 3))

    assert sorted(await seen(sqlite_database)) == [1, 2, 3]


async def test_a_stream_made_anew_may_use_the_number_of_a_message_still_at_work(
    settings: MessagingSettings, sqlite_database: Database
) -> None:
    broker = FakeBroker(pull_wait=timedelta(milliseconds=50))
    note = note_down("reading-counter-raised")
    is_at_work, may_end = asyncio.Event(), asyncio.Event()

    async def handle(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        is_at_work.set()
        await may_end.wait()
        await note(session, event, envelope)

    async def is_handed_out() -> bool:
        return [each.in_flight for each in await broker.durables("CATTERY_COUNTING")] == [1]

    async with _runtime(broker, sqlite_database, settings, subscription(handler=handle)):
        await _publish(broker, settings, _envelope("1", 1, counter="a"), message_id="1")
        await is_at_work.wait()
        broker.lose_store()
        await _publish(broker, settings, _envelope("2", 2, counter="b"), message_id="2")
        await eventually(is_handed_out)
        for _ in range(10):
            # What is handed out goes into its lane, and from there to a worker.
            await asyncio.sleep(0)
        may_end.set()

        await eventually_seen(sqlite_database, 1, 2)


async def test_a_handler_that_hangs_is_cancelled_and_counted_as_failed(
    sqlite_database: Database, settings: MessagingSettings
) -> None:
    async def hangs(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        await asyncio.Event().wait()

    policy = Policy(
        backoff=(timedelta(milliseconds=1),),
        max_attempts=2,
        handler_timeout=timedelta(milliseconds=20),
    )
    async with _runtime(
        FakeBroker(), sqlite_database, settings, subscription(handler=hangs, policy=policy)
    ):
        await raise_counters(sqlite_database, "a", 1)
        await eventually(lambda: _has_letters(sqlite_database, 1))

    (letter,) = await _letters(sqlite_database)
    assert letter.reason.startswith("after 2 attempts: TimeoutError")


async def test_health_and_lag_tell_what_waits(
    broker: Broker, sqlite_database: Database, settings: MessagingSettings
) -> None:
    async def refuses(session: AsyncSession, event: Raised, envelope: Envelope) -> None:
        raise Retry(timedelta(seconds=30))

    runtime = _runtime(broker, sqlite_database, settings, subscription(handler=refuses))
    async with runtime:
        await raise_counters(sqlite_database, "a", 1, 2)

        async def is_two_behind() -> bool:
            health = await runtime.health()
            return health.outbox_waiting == 0 and await runtime.lag() == {
                "reading-counter-raised": 2
            }

        await eventually(is_two_behind)
        assert runtime.is_ready
        assert (await runtime.health()).is_connected


def test_subscriptions_are_checked_when_they_are_put_together(
    sqlite_database: Database, settings: MessagingSettings
) -> None:
    with pytest.raises(SubscriptionInvalid, match="two subscriptions of one name"):
        _runtime(FakeBroker(), sqlite_database, settings, subscription(), subscription())
    with pytest.raises(SubscriptionInvalid, match="named <other-fact>"):
        _runtime(FakeBroker(), sqlite_database, settings, subscription(), domain="other")
