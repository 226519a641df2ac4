"""What an event class is. Pure: a subgraph's ``events.py`` may import nothing heavier than this.

@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Event):
    SUBJECT: ClassVar[str] = "orders.order.cancelled.v1"
    AGGREGATE: ClassVar[str] = "order_id"

    order_id: UUID
    reason: str
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from .errors import EventInvalid
from .payload import field_types, print_payload
from .subjects import Subject, parse_subject

BASE_FIELDS = frozenset({"occurred_at"})
"""Fields that travel as attributes of the envelope, not in its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact, named in the past tense. Subclasses are frozen dataclasses that declare the class variables below.

    Fields may be ``str int bool float UUID datetime date``, enums, literals, nested dataclasses, ``tuple[T, ...]``,
    ``Mapping[str, T]`` and any of them ``| None``; they travel in camelCase, and those that are ``None`` are left out.
    """

    SUBJECT: ClassVar[str]
    """``<domain>.<aggregate>.<fact>.v<major>``. The domain is the stream's; anybody may publish to a queue like
    ``notifications.requested.v1``, and the envelope's ``source`` says who did."""

    AGGREGATE: ClassVar[str]
    """Name of the field that identifies the thing that changed. Events of one aggregate stay in order."""

    CORRELATION: ClassVar[str | None] = None
    """Name of the field that ties a story together (the order of a job). ``None``: what caused this event decides,
    or else the aggregate."""

    occurred_at: datetime
    """When it happened, by the domain's clock; aware."""

    @property
    def aggregate_id(self) -> str:
        """Identifier of the thing that changed: the envelope's ``subject``."""
        return self._identifier(self.AGGREGATE)

    @property
    def correlation_id(self) -> str | None:
        """Identifier of the story this belongs to, if the event itself can tell."""
        return None if self.CORRELATION is None else self._identifier(self.CORRELATION)

    def _identifier(self, name: str) -> str:
        value: object = getattr(self, name)
        if value is None or value == "":
            raise EventInvalid(f"{type(self).__name__}.{name} is empty, so it identifies nothing.")
        return str(value)


def event_data(event: Event) -> dict[str, object]:
    """Return the envelope's ``data``: the event's own fields, JSON-ready, in camelCase.

    Raises:
        EventInvalid: a value has a type that JSON cannot carry.
    """
    return print_payload(event, skip=BASE_FIELDS)


def event_subject(event_class: type[Event]) -> Subject:
    """Return the class's parsed subject, having checked its declaration.

    Raises:
        EventInvalid: ``SUBJECT`` or ``AGGREGATE`` is not declared, or names a field that does not exist.
        SubjectInvalid: ``SUBJECT`` breaks the naming rule.
    """
    name = event_class.__name__
    for required in ("SUBJECT", "AGGREGATE"):
        if not isinstance(getattr(event_class, required, None), str):
            raise EventInvalid(f"{name} does not declare {required}.")
    for field in (event_class.AGGREGATE, event_class.CORRELATION):
        if field is not None and field not in field_types(event_class):
            raise EventInvalid(f"{name} names the field {field!r}, which it does not have.")
    return parse_subject(event_class.SUBJECT)
