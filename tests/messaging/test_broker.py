"""One suite for the broker port: what relay and readers rely on holds for the fake as for JetStream."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from messaging.broker import Broker, Delivery, OutgoingMessage, Puller
from messaging.errors import StreamMissing, TopologyConflict
from messaging.settings import MessagingSettings
from messaging.topology import DurableSpec, stream_for_domain
from tests.support.waiting import DEADLINE_SECONDS

_STREAM = stream_for_domain("counting", MessagingSettings())
_DURABLE = DurableSpec(
    name="reading-raised",
    stream=_STREAM.name,
    subjects=("counting.counter.raised.v1", "counting._replay.reading-raised"),
    ack_wait=timedelta(seconds=30),
    max_in_flight=10,
    hand_over_after=timedelta(seconds=30),
)


async def _declare(broker: Broker, durable: DurableSpec = _DURABLE) -> Puller:
    await broker.declare_stream(_STREAM)
    await broker.declare_durable(durable)
    return await broker.open_puller(durable)


async def _publish(broker: Broker, *ids: str, subject: str = "counting.counter.raised.v1") -> None:
    for each in ids:
        await broker.publish(
            OutgoingMessage(stream=_STREAM.name, subject=subject, id=each, body=each.encode())
        )


async def _take(puller: Puller, count: int) -> list[Delivery]:
    taken: list[Delivery] = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        while len(taken) < count:
            taken += await puller.pull(count - len(taken))
    return taken


async def _pull_until_it_fails(puller: Puller) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            await puller.pull(1)


def _bodies(deliveries: list[Delivery]) -> list[str]:
    return [delivery.body.decode() for delivery in deliveries]


async def test_messages_come_in_the_order_they_were_published(broker: Broker) -> None:
    puller = await _declare(broker)
    await _publish(broker, "1", "2", "3")

    taken = await _take(puller, 3)

    assert _bodies(taken) == ["1", "2", "3"]
    assert [each.position for each in taken] == [1, 2, 3]
    assert {each.attempt for each in taken} == {1}
    await puller.close()


async def test_a_repeated_id_is_stored_once(broker: Broker) -> None:
    puller = await _declare(broker)

    await _publish(broker, "1", "1", "2")

    assert _bodies(await _take(puller, 2)) == ["1", "2"]
    (state,) = await broker.streams()
    assert state.messages == 2
    await puller.close()


async def test_a_message_put_back_returns_with_its_attempts_counted(broker: Broker) -> None:
    puller = await _declare(broker)
    await _publish(broker, "1")

    (first,) = await _take(puller, 1)
    await first.nak(timedelta(milliseconds=50))
    (second,) = await _take(puller, 1)

    assert (second.body, second.attempt, second.position) == (b"1", 2, first.position)
    await puller.close()


async def test_settled_messages_never_return(broker: Broker) -> None:
    puller = await _declare(broker, replace(_DURABLE, ack_wait=timedelta(milliseconds=200)))
    await _publish(broker, "1", "2", "3")

    acked, terminated, left = await _take(puller, 3)
    await acked.ack()
    await terminated.term("no use\nat all")
    (returned,) = await _take(puller, 1)

    assert returned.body == left.body
    assert returned.attempt == 2
    await returned.ack()
    await puller.close()


async def test_work_that_is_announced_is_waited_for_longer(broker: Broker) -> None:
    """Of two messages that nobody settles, the first returns first, unless it was announced that it is worked on."""
    ack_wait = timedelta(milliseconds=400)
    puller = await _declare(broker, replace(_DURABLE, ack_wait=ack_wait))

    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            await _publish(broker, str(uuid4()), str(uuid4()))
            first, second = await _take(puller, 2)
            await asyncio.sleep(ack_wait.total_seconds() / 2)
            await first.extend()
            returned = await _take(puller, 1)
            if first.position < second.position == returned[0].position:
                break
            # The process or the broker stood still, so that both were due when it was announced: once more.
            for delivery in returned + await _take(puller, 1):
                await delivery.ack()

    await puller.close()


async def test_no_more_is_handed_out_than_may_be_in_flight(broker: Broker) -> None:
    puller = await _declare(broker, replace(_DURABLE, max_in_flight=2))
    await _publish(broker, "1", "2", "3")

    taken = await _take(puller, 2)
    assert list(await puller.pull(5)) == []
    await taken[0].ack()

    assert _bodies(await _take(puller, 1)) == ["3"]
    await puller.close()


async def test_one_reader_is_active_and_the_next_takes_over(broker: Broker) -> None:
    active = await _declare(broker)
    await _publish(broker, "1", "2")
    (first,) = await _take(active, 1)
    standby = await broker.open_puller(_DURABLE)

    assert list(await standby.pull(1)) == []
    await first.ack()
    await active.close()

    assert _bodies(await _take(standby, 1)) == ["2"]
    await standby.close()


async def test_a_durable_reads_its_subjects_only(broker: Broker) -> None:
    puller = await _declare(broker)
    await _publish(broker, "other", subject="counting.counter.lowered.v1")
    await _publish(broker, "replay", subject="counting._replay.reading-raised")

    assert _bodies(await _take(puller, 1)) == ["replay"]
    await puller.close()


async def test_every_durable_gets_every_message(broker: Broker) -> None:
    other = replace(_DURABLE, name="watching-raised")
    pullers = [await _declare(broker), await _declare(broker, other)]
    await _publish(broker, "1")

    for puller in pullers:
        assert _bodies(await _take(puller, 1)) == ["1"]
        await puller.close()


async def test_declaring_again_changes_nothing(broker: Broker) -> None:
    first = await broker.declare_stream(_STREAM)
    await broker.declare_durable(_DURABLE)
    await _publish(broker, "1")

    again = await broker.declare_stream(replace(_STREAM, max_age=timedelta(days=1)))
    await broker.declare_durable(replace(_DURABLE, max_in_flight=20))

    assert again.created == first.created
    assert again.messages == 1
    (durable,) = await broker.durables(_STREAM.name)
    assert (durable.name, durable.pending, durable.in_flight) == (_DURABLE.name, 1, 0)
    assert set(durable.subjects) == set(_DURABLE.subjects)


async def test_two_streams_cannot_take_one_subject(broker: Broker) -> None:
    await broker.declare_stream(_STREAM)

    with pytest.raises(TopologyConflict):
        await broker.declare_stream(replace(_STREAM, name="CATTERY_RIVAL"))


async def test_what_is_missing_is_said_to_be_missing(broker: Broker) -> None:
    with pytest.raises(StreamMissing):
        await _publish(broker, "1")
    with pytest.raises(StreamMissing):
        await broker.declare_durable(_DURABLE)

    puller = await _declare(broker)
    await broker.delete_durable(_STREAM.name, _DURABLE.name)
    with pytest.raises(StreamMissing):
        await _pull_until_it_fails(puller)
    with pytest.raises(StreamMissing):
        await broker.delete_durable(_STREAM.name, _DURABLE.name)
    await puller.close()
