"""Dataclasses to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.errors import EventInvalid, PayloadInvalid
from messaging.payload import parse_payload, print_payload, wire_name


class Colour(StrEnum):
    BLACK = "black"
    GINGER = "ginger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    code: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    worker_id: UUID
    name: str
    score_bps: int
    share: float
    is_active: bool
    hired_at: datetime
    born_on: date
    colour: Colour
    mood: Literal["good", "bad"]
    strengths: tuple[Trait, ...]
    labels: Mapping[str, str]
    nested: Trait
    either: int | str
    phone: str | None
    note: str | None = None
    tags: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)


_text = st.text(max_size=8)
_traits = st.builds(Trait, code=_text, weight=st.integers())
_json_values = st.none() | st.booleans() | st.integers() | _text
_zones = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]
)
everything = st.builds(
    Everything,
    worker_id=st.uuids(),
    name=_text,
    score_bps=st.integers(),
    share=st.floats(allow_nan=False, allow_infinity=False),
    is_active=st.booleans(),
    hired_at=st.datetimes(
        min_value=datetime.fromisoformat("1000-01-02"),
        max_value=datetime.fromisoformat("9000-01-01"),
        timezones=_zones,
    ),
    born_on=st.dates(),
    colour=st.sampled_from(Colour),
    mood=st.sampled_from(["good", "bad"]),
    strengths=st.lists(_traits, max_size=3).map(tuple),
    labels=st.dictionaries(_text, _text, max_size=3),
    nested=_traits,
    either=st.integers() | st.just("text"),
    phone=st.none() | _text,
    note=st.none() | _text,
    tags=st.lists(_text, max_size=3).map(tuple),
    extra=st.dictionaries(_text, _json_values, max_size=3),
)


@given(everything)
def test_what_is_printed_is_parsed_to_the_same(value: Everything) -> None:
    on_the_wire = json.loads(json.dumps(print_payload(value)))

    assert parse_payload(Everything, on_the_wire) == value


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    order_id: UUID
    amount_minor: int
    note: str | None


_SMALL = {"orderId": "b4d8624a-7fb1-5901-b7c1-9a93306624ee", "amountMinor": 5}


def test_names_are_camel_case_on_the_wire() -> None:
    assert wire_name("price_minor_after_discount") == "priceMinorAfterDiscount"
    assert wire_name("sha256") == "sha256"


def test_null_fields_are_left_out_and_absent_ones_are_null() -> None:
    value = parse_payload(Small, _SMALL)

    assert value.note is None
    assert print_payload(value) == _SMALL


def test_unknown_fields_are_ignored() -> None:
    assert parse_payload(Small, {**_SMALL, "addedLater": [1]}).amount_minor == 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"orderId": None}, "data.orderId: text was expected, not null"),
        ({"orderId": "b4d8"}, "data.orderId: 'b4d8' is no UUID"),
        ({"amountMinor": "5"}, "data.amountMinor: int was expected, not str"),
        ({"amountMinor": True}, "data.amountMinor: int was expected, not bool"),
        ({"amountMinor": 5.0}, "data.amountMinor: int was expected, not float"),
        ({"note": 1}, "data.note: str was expected, not int"),
    ],
)
def test_a_field_of_another_type_is_named(change: Mapping[str, object], said: str) -> None:
    with pytest.raises(PayloadInvalid, match=said):
        parse_payload(Small, {**_SMALL, **change})


def test_a_missing_field_is_named() -> None:
    with pytest.raises(PayloadInvalid, match=r"data\.orderId: is missing"):
        parse_payload(Small, {"amountMinor": 5})


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(PayloadInvalid, match="data: an object was expected, not list"):
        parse_payload(Small, [])


@dataclass(frozen=True, slots=True)
class Timed:
    at: datetime


def test_a_naive_time_is_not_printed() -> None:
    with pytest.raises(EventInvalid, match="naive"):
        print_payload(Timed(datetime(2026, 3, 1)))  # noqa: DTZ001  the point of the test


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(PayloadInvalid, match="is no datetime"):
        parse_payload(Timed, {"at": "2026-03-01T12:00:00"})


@dataclass(frozen=True, slots=True)
class Unprintable:
    what: object


def test_what_json_cannot_carry_is_refused() -> None:
    with pytest.raises(EventInvalid, match="JSON cannot carry a set"):
        print_payload(Unprintable({1}))
