"""What one subgraph declares."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.consumer import Policy, Subscription
from messaging.errors import SubjectInvalid, SubscriptionInvalid
from messaging.settings import MessagingSettings
from messaging.topology import durable_for, readers_by_subject, stream_for
from tests.messaging.example import Raised, note_down, subscription


def test_a_subscription_becomes_a_durable_of_its_subject_s_stream() -> None:
    settings = MessagingSettings(replicas=3, stream_prefix="SHOP")
    policy = Policy(ack_wait=timedelta(seconds=9), max_in_flight=5)
    reader = subscription(policy=policy)

    stream = stream_for(reader.fact, settings)
    durable = durable_for(reader, settings)

    assert (stream.name, stream.subjects, stream.replicas) == (
        "SHOP_COUNTING",
        ("counting.>",),
        3,
    )
    assert (durable.name, durable.stream) == ("reading-counter-raised", "SHOP_COUNTING")
    assert durable.subjects == (
        "counting.counter.raised.v1",
        "counting._replay.reading-counter-raised",
    )
    assert (durable.ack_wait, durable.max_in_flight) == (timedelta(seconds=9), 5)


def test_readers_are_known_by_subject() -> None:
    other = Subscription(
        name="reading-counter-lowered",
        subject="counting.counter.lowered.v1",
        reads=Raised,
        handler=note_down("reading-counter-lowered"),
    )

    assert readers_by_subject([subscription("watching-it"), other, subscription("reading-it")]) == {
        "counting.counter.lowered.v1": ("reading-counter-lowered",),
        "counting.counter.raised.v1": ("reading-it", "watching-it"),
    }


def test_a_subscription_is_checked_when_it_is_declared() -> None:
    with pytest.raises(SubjectInvalid, match="is no durable name"):
        subscription("reading")
    with pytest.raises(SubjectInvalid, match="is no subject"):
        Subscription(
            name="reading-raised",
            subject="raised",
            reads=Raised,
            handler=note_down("reading-raised"),
        )
    with pytest.raises(SubscriptionInvalid, match="which is no dataclass"):
        Subscription(
            name="reading-raised",
            subject="counting.counter.raised.v1",
            reads=dict,
            handler=note_down("reading-raised"),  # type: ignore[arg-type]
        )


def test_pauses_grow_and_the_last_one_repeats() -> None:
    policy = Policy(backoff=(timedelta(seconds=1), timedelta(seconds=5)))

    assert [policy.delay(attempt).seconds for attempt in (1, 2, 3, 99)] == [1, 5, 5, 5]
