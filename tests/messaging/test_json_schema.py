"""Contracts: the schema of what is published, and whether readers can live with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given

from messaging.errors import EventInvalid
from messaging.events import Event, event_data
from messaging.json_schema import event_schema, object_schema
from messaging.payload import print_payload
from tests.messaging.example import NOON, CounterRaised, Raised
from tests.messaging.test_payload import Everything, everything
from tests.support.contracts import UPDATE, assert_contract, unreadable


def test_the_schema_names_every_field_with_its_type() -> None:
    assert event_schema(CounterRaised) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:cattery:event:counting.counter.raised.v1",
        "title": "CounterRaised",
        "description": "A counter went up.",
        "type": "object",
        "properties": {
            "counterId": {"type": "string"},
            "value": {"type": "integer"},
            "note": {"type": "string"},
        },
        "required": ["counterId", "value"],
    }


@given(everything)
def test_what_is_printed_fits_its_schema(value: Everything) -> None:
    jsonschema.Draft202012Validator(object_schema(Everything)).validate(
        json.loads(json.dumps(print_payload(value)))
    )


@dataclass(frozen=True)
class Unprintable:
    what: set[int]


def test_a_field_that_json_cannot_carry_is_refused() -> None:
    with pytest.raises(EventInvalid, match="JSON cannot carry set"):
        object_schema(Unprintable)


def test_a_contract_is_written_in_update_mode_and_compared_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AssertionError, match="has no contract"):
        assert_contract(CounterRaised, folder=tmp_path)
    monkeypatch.setenv(UPDATE, "1")
    assert_contract(CounterRaised, folder=tmp_path)
    monkeypatch.delenv(UPDATE)
    assert_contract(CounterRaised, folder=tmp_path)

    file = tmp_path / "counting.counter.raised.v1.json"
    schema = json.loads(file.read_text())
    del schema["properties"]["note"]
    file.write_text(json.dumps(schema))
    with pytest.raises(AssertionError, match="no longer fits"):
        assert_contract(CounterRaised, folder=tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClosed(Event):
    """An order ended."""

    SUBJECT: ClassVar[str] = "orders.order.closed.v1"
    AGGREGATE: ClassVar[str] = "order_id"

    order_id: UUID
    job_id: UUID | None
    gross_minor: int
    lines: tuple[Raised, ...]
    labels: Mapping[str, str]
    closed_at: datetime


@dataclass(frozen=True)
class ReadsSome:
    order_id: UUID
    lines: tuple[Raised, ...]
    labels: Mapping[str, str]
    job_id: UUID | None


@dataclass(frozen=True)
class ReadsAsText:
    order_id: str
    closed_at: str


@dataclass(frozen=True)
class Line:
    counter_id: str
    value: str


@dataclass(frozen=True)
class ReadsWrongly:
    job_id: UUID
    orderid: str
    gross_minor: str
    lines: tuple[Line, ...]


def test_readers_that_want_less_fit() -> None:
    assert unreadable(ReadsSome, OrderClosed) == []
    assert unreadable(ReadsAsText, OrderClosed) == []
    assert unreadable(Raised, CounterRaised) == []


def test_readers_that_want_something_else_are_found_out() -> None:
    assert [problem.partition(":")[0] for problem in unreadable(ReadsWrongly, OrderClosed)] == [
        "data.jobId",
        "data.orderid",
        "data.grossMinor",
        "data.lines[].value",
    ]


def test_an_event_s_data_fits_its_contract() -> None:
    event = CounterRaised(occurred_at=NOON, counter_id="a", value=1)

    jsonschema.Draft202012Validator(event_schema(CounterRaised)).validate(event_data(event))
