"""What is published has a checked-in contract, is read by exactly those whom the catalogue names, and fits them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from messaging.consumer import Subscription
from messaging.events import Event
from shared.clock import ManualClock
from subgraphs.catalogue import DOMAINS
from tests.support.contracts import CONTRACTS, assert_contract, unreadable

from .catalogue import READERS

DEPLOYED = frozenset(domain.name for domain in DOMAINS)


def find_events() -> Iterator[type[Event]]:
    for domain in DOMAINS:
        module = import_module(f"subgraphs.{domain.name}.events")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Event) and value is not Event:
                yield value


def find_subscriptions() -> Iterator[Subscription[Any]]:
    clock = ManualClock(datetime(2030, 1, 7, tzinfo=UTC))
    for domain in DOMAINS:
        name = f"subgraphs.{domain.name}.consumers"
        if find_spec(name) is None:
            continue  # A domain may read nothing.
        module = import_module(name)
        (consumers,) = [value for key, value in vars(module).items() if key.endswith("Consumers")]
        yield from consumers(clock).subscriptions()


EVENTS = {event.SUBJECT: event for event in find_events()}
SUBSCRIPTIONS = list(find_subscriptions())


@pytest.mark.parametrize("subject", sorted(EVENTS))
def test_an_event_has_its_contract(subject: str) -> None:
    assert_contract(EVENTS[subject])


def test_there_are_no_contracts_that_nobody_publishes() -> None:
    written = {file.name.removesuffix(".json") for file in CONTRACTS.glob("*.json")}

    assert written == set(EVENTS)


@pytest.mark.parametrize("subject", sorted(READERS))
def test_a_subject_has_exactly_the_readers_of_the_catalogue(subject: str) -> None:
    readers = [
        subscription.name.partition("-")[0]
        for subscription in SUBSCRIPTIONS
        if subscription.subject == subject
    ]

    assert sorted(readers) == sorted(READERS[subject] & DEPLOYED)


def test_nothing_is_published_or_read_beyond_the_catalogue() -> None:
    assert set(EVENTS) <= set(READERS)
    assert {subscription.subject for subscription in SUBSCRIPTIONS} <= set(READERS)


def test_what_the_catalogue_has_deployed_domains_publish_is_published() -> None:
    promised = {subject for subject in READERS if subject.partition(".")[0] in DEPLOYED}

    assert promised == set(EVENTS)


@pytest.mark.parametrize(
    "subscription",
    [found for found in SUBSCRIPTIONS if found.subject in EVENTS],
    ids=lambda found: found.name,
)
def test_a_reader_fits_what_is_published(subscription: Subscription[Any]) -> None:
    assert unreadable(subscription.reads, EVENTS[subscription.subject]) == []
