"""The envelope: printed and parsed without loss, and exact about what it needs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.envelope import Envelope, parse_envelope
from messaging.errors import EnvelopeInvalid
from tests.messaging.example import NOON

_words = st.text(min_size=1, max_size=12)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_envelopes = st.builds(
    Envelope,
    id=_words,
    type=_words,
    v=st.integers(min_value=1),
    source=_words,
    subject=_words,
    seq=st.integers(min_value=1),
    occurred_at=st.datetimes(
        min_value=datetime.fromisoformat("1000-01-02"),
        timezones=st.just(UTC),
    ),
    correlation_id=_words,
    causation_id=st.none() | _words,
    traceparent=st.none() | _words,
    data=st.dictionaries(st.text(max_size=5), _json, max_size=3),
)


@given(_envelopes)
def test_what_is_printed_is_parsed_to_the_same(envelope: Envelope) -> None:
    assert parse_envelope(envelope.to_json()) == envelope


_RAW: dict[str, object] = {
    "id": "1", "type": "orders.order.cancelled", "v": 1, "source": "orders", "subject": "o-1", "seq": 3,
    "occurredAt": "2026-03-01T12:00:00.000000Z", "correlationId": "o-1", "data": {"reason": "late"},
}  # fmt: skip


def test_the_wire_form_is_the_catalogue_s() -> None:
    envelope = Envelope(
        id="1", type="orders.order.cancelled", v=1, source="orders", subject="o-1", seq=3,
        occurred_at=NOON, correlation_id="o-1", data={"reason": "late"},
    )  # fmt: skip

    assert json.loads(envelope.to_json()) == _RAW
    assert envelope.nats_subject == "orders.order.cancelled.v1"


def test_attributes_that_are_unknown_are_ignored() -> None:
    assert parse_envelope(json.dumps({**_RAW, "partitionKey": "x"}).encode()).seq == 3


@pytest.mark.parametrize("name", sorted(_RAW))
def test_a_missing_attribute_is_named(name: str) -> None:
    raw = {key: value for key, value in _RAW.items() if key != name}

    with pytest.raises(EnvelopeInvalid, match=f"^{name} must be"):
        parse_envelope(json.dumps(raw).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ""), ("id", 1), ("v", 0), ("v", True), ("v", "1"), ("seq", 1.5), ("seq", -1), ("data", []),
        ("occurredAt", "yesterday"), ("occurredAt", "2026-03-01T12:00:00"), ("causationId", 5),
        ("traceparent", ""),
    ],
)  # fmt: skip
def test_an_attribute_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(EnvelopeInvalid, match=f"^{name} must be"):
        parse_envelope(json.dumps({**_RAW, name: value}).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b'"text"', b"null"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(EnvelopeInvalid, match="The message is"):
        parse_envelope(body)
