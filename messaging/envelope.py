"""The envelope that every event travels in: CloudEvents' attributes, plus what ordering and tracing need.

Pure. One JSON object; attributes that readers do not know are ignored, those that they know must be right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from .errors import EnvelopeInvalid
from .payload import parse_instant, print_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event on the wire."""

    id: str
    """Unique per event, the same in every delivery: what the broker and the inbox recognise repeats by."""
    type: str
    """The subject without its version: ``orders.order.cancelled``."""
    v: int
    """Major version of the data; the broker's subject is ``<type>.v<v>``."""
    source: str
    """The domain that published it."""
    subject: str
    """Identifier of the aggregate."""
    seq: int
    """Counts the events of this aggregate in its source from 1, without gaps."""
    occurred_at: datetime
    correlation_id: str
    """The story it belongs to: an order, an application, an import run, a settlement run."""
    causation_id: str | None = None
    """``id`` of the event whose handling recorded this one; ``None`` when a person or a timer did."""
    traceparent: str | None = None
    """W3C trace context of the request that recorded it."""
    data: Mapping[str, object]

    @property
    def nats_subject(self) -> str:
        """The subject it is published on."""
        return f"{self.type}.v{self.v}"

    def to_json(self) -> bytes:
        """Print as one JSON object, without the attributes that are ``None``."""
        attributes: dict[str, object] = {
            "id": self.id,
            "type": self.type,
            "v": self.v,
            "source": self.source,
            "subject": self.subject,
            "seq": self.seq,
            "occurredAt": print_instant(self.occurred_at),
            "correlationId": self.correlation_id,
            "causationId": self.causation_id,
            "traceparent": self.traceparent,
            "data": self.data,
        }
        present = {name: value for name, value in attributes.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()


def parse_envelope(body: bytes) -> Envelope:
    """Parse what ``Envelope.to_json`` printed.

    Raises:
        EnvelopeInvalid: not JSON, not an object, or an attribute is missing or of another type.
    """
    try:
        raw = json.loads(body)
    except (UnicodeDecodeError, json.JSONDecodeError) as problem:
        raise EnvelopeInvalid(f"The message is not JSON: {problem}") from problem
    if not isinstance(raw, dict):
        raise EnvelopeInvalid("The message is JSON, but not an object.")
    return Envelope(
        id=_text(raw, "id"),
        type=_text(raw, "type"),
        v=_count(raw, "v"),
        source=_text(raw, "source"),
        subject=_text(raw, "subject"),
        seq=_count(raw, "seq"),
        occurred_at=_instant(raw, "occurredAt"),
        correlation_id=_text(raw, "correlationId"),
        causation_id=_optional_text(raw, "causationId"),
        traceparent=_optional_text(raw, "traceparent"),
        data=_object(raw, "data"),
    )


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise EnvelopeInvalid(f"{name} must be a text that is not empty, not {value!r}.")
    return value


def _optional_text(raw: Mapping[str, object], name: str) -> str | None:
    return None if raw.get(name) is None else _text(raw, name)


def _count(raw: Mapping[str, object], name: str) -> int:
    value = raw.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise EnvelopeInvalid(f"{name} must be a whole number from 1, not {value!r}.")
    return value


def _instant(raw: Mapping[str, object], name: str) -> datetime:
    text = _text(raw, name)
    try:
        return parse_instant(text)
    except ValueError as problem:
        raise EnvelopeInvalid(f"{name} must be an instant with a zone, not {text!r}.") from problem


def _object(raw: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = raw.get(name)
    if not isinstance(value, dict):
        raise EnvelopeInvalid(f"{name} must be an object, not {value!r}.")
    return value
