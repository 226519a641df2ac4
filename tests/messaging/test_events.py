"""What an event class must declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import pytest

from messaging.errors import EventInvalid, SubjectInvalid
from messaging.events import Event, event_data, event_subject
from tests.messaging.example import NOON, CounterRaised, raised

_ORDER = UUID("b4d8624a-7fb1-5901-b7c1-9a93306624ee")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(Event):
    SUBJECT: ClassVar[str] = "jobs.job.started.v1"
    AGGREGATE: ClassVar[str] = "job_id"
    CORRELATION: ClassVar[str | None] = "order_id"

    job_id: str
    order_id: UUID


def test_an_event_knows_its_aggregate_and_its_story() -> None:
    event = JobStarted(occurred_at=NOON, job_id="job-1", order_id=_ORDER)

    assert event.aggregate_id == "job-1"
    assert event.correlation_id == str(_ORDER)
    assert raised("a", 1).correlation_id is None
    assert str(event_subject(JobStarted)) == "jobs.job.started.v1"


def test_data_holds_the_event_s_own_fields() -> None:
    event = JobStarted(occurred_at=NOON, job_id="job-1", order_id=_ORDER)

    assert event_data(event) == {"jobId": "job-1", "orderId": str(_ORDER)}


def test_an_empty_identifier_is_refused() -> None:
    with pytest.raises(EventInvalid, match="counter_id is empty"):
        _ = CounterRaised(occurred_at=NOON, counter_id="", value=1).aggregate_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutSubject(Event):
    AGGREGATE: ClassVar[str] = "counter_id"
    counter_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutAggregate(Event):
    SUBJECT: ClassVar[str] = "counting.counter.raised.v1"
    counter_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithUnknownAggregate(Event):
    SUBJECT: ClassVar[str] = "counting.counter.raised.v1"
    AGGREGATE: ClassVar[str] = "counter"
    counter_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithBadSubject(Event):
    SUBJECT: ClassVar[str] = "counting"
    AGGREGATE: ClassVar[str] = "counter_id"
    counter_id: str


@pytest.mark.parametrize(
    ("event_class", "error", "said"),
    [
        (WithoutSubject, EventInvalid, "WithoutSubject does not declare SUBJECT"),
        (WithoutAggregate, EventInvalid, "WithoutAggregate does not declare AGGREGATE"),
        (WithUnknownAggregate, EventInvalid, "names the field 'counter', which it does not have"),
        (WithBadSubject, SubjectInvalid, "is no subject"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(
    event_class: type[Event], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        event_subject(event_class)
