"""JSON Schema of events and of what readers read, from their annotations: the contracts that are checked in.

Draft 2020-12. Optional fields are absent rather than null, as ``payload`` writes them; schemas stay open to additions.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from .errors import EventInvalid
from .events import BASE_FIELDS, Event, event_subject
from .payload import field_types, is_optional, is_union, wire_name

Schema = dict[str, object]
_SCALARS: Mapping[object, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}


def event_schema(event_class: type[Event]) -> Schema:
    """Return the schema of an event's ``data``.

    Raises:
        EventInvalid: the class's declaration or one of its fields cannot be published.
        SubjectInvalid: its ``SUBJECT`` breaks the naming rule.
    """
    subject = event_subject(event_class)
    summary = (inspect.getdoc(event_class) or "").partition("\n")[0]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cattery:event:{subject}",
        "title": event_class.__name__,
        "description": summary,
        **object_schema(event_class, skip=BASE_FIELDS),
    }


def object_schema(cls: type, *, skip: frozenset[str] = frozenset()) -> Schema:
    """Return the schema of a dataclass.

    Raises:
        EventInvalid: it is no dataclass, or a field has a type that JSON cannot carry.
    """
    if not is_dataclass(cls):
        raise EventInvalid(f"{cls.__name__} is no dataclass.")
    hints = field_types(cls)
    wanted = [item for item in fields(cls) if item.name not in skip]
    required = [
        wire_name(item.name)
        for item in wanted
        if not is_optional(hints[item.name])
        and item.default is MISSING
        and item.default_factory is MISSING
    ]
    return {
        "type": "object",
        "properties": {wire_name(item.name): _schema_of(hints[item.name]) for item in wanted},
        "required": required,
    }


def _schema_of(annotation: Any) -> Schema:  # noqa: PLR0911  one return per kind
    if annotation is object or annotation is Any:
        return {}
    if is_union(annotation):
        members = [_schema_of(each) for each in get_args(annotation) if each is not type(None)]
        return members[0] if len(members) == 1 else {"anyOf": members}
    origin = get_origin(annotation)
    if origin is Literal:
        return {"enum": list(get_args(annotation))}
    if origin in (tuple, list, Sequence):
        return {"type": "array", "items": _schema_of(get_args(annotation)[0])}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema_of(get_args(annotation)[1])}
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation]}
    return _schema_of_class(annotation)


def _schema_of_class(annotation: Any) -> Schema:
    if is_dataclass(annotation) and isinstance(annotation, type):
        return object_schema(annotation)
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return {"enum": [member.value for member in annotation]}
        if issubclass(annotation, UUID):
            return {"type": "string", "format": "uuid"}
        if issubclass(annotation, datetime):
            return {"type": "string", "format": "date-time"}
        if issubclass(annotation, date):
            return {"type": "string", "format": "date"}
    raise EventInvalid(f"JSON cannot carry {annotation!r}.")
