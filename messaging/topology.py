"""Streams and durable consumers, declared here and nowhere else. Pure; brokers bring it about.

One stream per domain holds whatever is published under the domain's name; one durable per subscription reads one
subject of it, and the subject on which dead letters come back to this subscription alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .consumer import Subscription
from .settings import MessagingSettings
from .subjects import Subject, replay_subject, stream_name, stream_subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """A stream as it ought to be: on disk, oldest messages dropped by age only."""

    name: str
    subjects: tuple[str, ...]
    replicas: int
    max_age: timedelta
    duplicate_window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableSpec:
    """A durable consumer as it ought to be: explicit acknowledgement, unlimited deliveries, one active reader."""

    name: str
    stream: str
    subjects: tuple[str, ...]
    ack_wait: timedelta
    max_in_flight: int
    hand_over_after: timedelta
    """Another instance takes over when the active one has not asked for messages for so long."""


def stream_for_domain(domain: str, settings: MessagingSettings) -> StreamSpec:
    """Return the stream of a domain's events."""
    return StreamSpec(
        name=stream_name(settings.stream_prefix, domain),
        subjects=(stream_subjects(domain),),
        replicas=settings.replicas,
        max_age=settings.stream_max_age,
        duplicate_window=settings.duplicate_window,
    )


def stream_for(subject: Subject, settings: MessagingSettings) -> StreamSpec:
    """Return the stream that holds a subject, whoever publishes to it."""
    return stream_for_domain(subject.domain, settings)


def durable_for(subscription: Subscription[Any], settings: MessagingSettings) -> DurableSpec:
    """Return the durable consumer of a subscription."""
    return DurableSpec(
        name=subscription.name,
        stream=stream_for(subscription.fact, settings).name,
        subjects=(
            subscription.subject,
            replay_subject(subscription.fact.domain, subscription.name),
        ),
        ack_wait=subscription.policy.ack_wait,
        max_in_flight=subscription.policy.max_in_flight,
        hand_over_after=2 * settings.pull_expiry,
    )


def readers_by_subject(
    subscriptions: Iterable[Subscription[Any]],
) -> dict[str, tuple[str, ...]]:
    """Return who reads what, as declared: durable names in order, by subject."""
    found: dict[str, tuple[str, ...]] = {}
    for each in sorted(subscriptions, key=lambda subscription: subscription.name):
        found[each.subject] = (*found.get(each.subject, ()), each.name)
    return found
