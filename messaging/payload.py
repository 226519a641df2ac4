"""Dataclasses to JSON data and back, by their annotations: snake_case here, camelCase on the wire.

Writing omits fields that are ``None``. Reading ignores unknown fields, so that producers may add some, and is exact
about the types of those it reads. No floats are refused here: that money has none is the domains' own rule.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID
from weakref import WeakKeyDictionary

from .errors import EventInvalid, PayloadInvalid

T = TypeVar("T")
_hints: WeakKeyDictionary[type, Mapping[str, Any]] = WeakKeyDictionary()


def wire_name(name: str) -> str:
    """``order_id`` → ``orderId``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def field_types(cls: type) -> Mapping[str, Any]:
    """Return a dataclass's resolved annotations; computed once per class."""
    if cls not in _hints:
        _hints[cls] = get_type_hints(cls)
    return _hints[cls]


def print_instant(instant: datetime) -> str:
    """Print an aware instant in UTC as RFC 3339, ``2026-03-01T09:00:00.000000Z``.

    Raises:
        EventInvalid: the instant is naive.
    """
    if instant.tzinfo is None:
        raise EventInvalid(f"A naive time cannot be published: {instant!r}")
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def print_payload(value: object, *, skip: frozenset[str] = frozenset()) -> dict[str, object]:
    """Return a dataclass instance as JSON-ready data, without the fields named in ``skip`` and those that are null.

    Raises:
        EventInvalid: a value has a type that JSON cannot carry.
    """
    printed: dict[str, object] = {}
    for item in _fields(type(value)):
        content = getattr(value, item.name)
        if item.name not in skip and content is not None:
            printed[wire_name(item.name)] = _print_value(content)
    return printed


def _print_value(value: object) -> object:  # noqa: PLR0911  one return per kind
    match value:
        case Enum():
            return _print_value(value.value)
        case None | bool() | int() | float() | str():
            return value
        case UUID():
            return str(value)
        case datetime():
            return print_instant(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): _print_value(item) for key, item in value.items()}
        case list() | tuple():
            return [_print_value(item) for item in value]
        case _ if is_dataclass(value):
            return print_payload(value)
        case _:
            raise EventInvalid(f"JSON cannot carry a {type(value).__name__}: {value!r}")


def parse_payload(cls: type[T], data: object, *, path: str = "data") -> T:
    """Build the dataclass ``cls`` from JSON data.

    Raises:
        PayloadInvalid: a field is missing or has another type; the text begins with its path.
    """
    if not isinstance(data, Mapping):
        raise PayloadInvalid(f"{path}: an object was expected, not {_name(data)}.")
    hints = field_types(cls)
    values: dict[str, object] = {}
    for item in _fields(cls):
        if not item.init:
            continue
        name = wire_name(item.name)
        if name in data:
            values[item.name] = _parse_value(hints[item.name], data[name], f"{path}.{name}")
        elif item.default is MISSING and item.default_factory is MISSING:
            if not is_optional(hints[item.name]):
                raise PayloadInvalid(f"{path}.{name}: is missing.")
            values[item.name] = None
    return cls(**values)


def is_optional(annotation: Any) -> bool:
    """Say whether the annotation admits ``None``."""
    return is_union(annotation) and type(None) in get_args(annotation)


def is_union(annotation: Any) -> bool:
    """Say whether the annotation is ``A | B``, however it is spelled."""
    return get_origin(annotation) in (Union, types.UnionType)


def _fields(cls: type) -> tuple[Field[Any], ...]:
    if not is_dataclass(cls):
        raise EventInvalid(f"{cls.__name__} is no dataclass.")
    return fields(cls)


def _parse_value(annotation: Any, value: object, path: str) -> object:  # noqa: PLR0911  one return per kind
    if annotation is object or annotation is Any:
        return value
    if is_union(annotation):
        return _parse_union(get_args(annotation), value, path)
    origin = get_origin(annotation)
    if origin is Literal:
        if value in get_args(annotation):
            return value
        raise PayloadInvalid(f"{path}: one of {get_args(annotation)} was expected, not {value!r}.")
    if origin in (tuple, list, Sequence):
        return _parse_sequence(annotation, value, path)
    if origin in (dict, Mapping):
        return _parse_mapping(get_args(annotation)[1], value, path)
    if is_dataclass(annotation) and isinstance(annotation, type):
        return parse_payload(annotation, value, path=path)
    return _parse_scalar(annotation, value, path)


def _parse_union(members: tuple[Any, ...], value: object, path: str) -> object:
    if value is None and type(None) in members:
        return None
    candidates = [member for member in members if member is not type(None)]
    problems: list[str] = []
    for member in candidates:
        try:
            return _parse_value(member, value, path)
        except PayloadInvalid as problem:
            problems.append(str(problem))
    raise PayloadInvalid(" / ".join(problems))


def _parse_sequence(annotation: Any, value: object, path: str) -> object:
    if not isinstance(value, list):
        raise PayloadInvalid(f"{path}: a list was expected, not {_name(value)}.")
    item = get_args(annotation)[0]
    parsed = [_parse_value(item, entry, f"{path}[{at}]") for at, entry in enumerate(value)]
    return parsed if get_origin(annotation) is list else tuple(parsed)


def _parse_mapping(item: Any, value: object, path: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise PayloadInvalid(f"{path}: an object was expected, not {_name(value)}.")
    return {str(key): _parse_value(item, entry, f"{path}.{key}") for key, entry in value.items()}


def _parse_scalar(annotation: Any, value: object, path: str) -> object:
    if annotation is bool and isinstance(value, bool):
        return value
    if annotation is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if annotation is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if annotation is str and isinstance(value, str):
        return value
    if isinstance(annotation, type) and issubclass(annotation, Enum | UUID | date):
        return _parse_text_form(annotation, value, path)
    if annotation not in (bool, int, float, str):
        raise EventInvalid(f"{path}: a field cannot be read as {annotation!r}.")
    raise PayloadInvalid(f"{path}: {annotation.__name__} was expected, not {_name(value)}.")


def _parse_text_form(annotation: type, value: object, path: str) -> object:
    try:
        if issubclass(annotation, Enum):
            return annotation(value)
        if not isinstance(value, str):
            raise PayloadInvalid(f"{path}: text was expected, not {_name(value)}.")
        if issubclass(annotation, UUID):
            return annotation(value)
        if issubclass(annotation, datetime):
            return parse_instant(value)
        return date.fromisoformat(value)
    except ValueError as problem:
        raise PayloadInvalid(f"{path}: {value!r} is no {annotation.__name__}.") from problem


def parse_instant(text: str) -> datetime:
    """Parse an RFC 3339 instant; the result is in UTC.

    Raises:
        ValueError: the text is no instant, or has no zone.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone.")
    return instant.astimezone(UTC)


def _name(value: object) -> str:
    return "null" if value is None else type(value).__name__
