"""Turns places in the response tree into paths of the client's answer, through the plan's projection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.query_plan.nodes import (
    FieldProjection,
    ListProjection,
    ObjectProjection,
    ValueProjection,
)

from .result import ClientPath, JsonObject
from .tree_walk import PhysicalPath, is_of_type
from .written_keys import Position, WrittenKeys


@dataclass(frozen=True, slots=True)
class ClientPlace:
    """Where a place of the response tree shows up in the answer."""

    path: ClientPath
    """Of the place, or of the nearest object above it that the client asked for."""

    projection: ValueProjection | None
    """Of the value there; ``None`` when the client did not ask for the place itself."""

    value: object
    """What the response tree holds there; ``None`` when the client did not ask for the place itself."""


def locate(
    projection: ObjectProjection, root: JsonObject, place: PhysicalPath
) -> Iterator[ClientPlace]:
    """Yield where the client sees ``place``: once for each of the names that it asked for it under."""
    return _locate(projection, root, place, ())


def find_missing(place: ClientPlace, keys: WrittenKeys) -> Iterator[ClientPath]:
    """Yield the fields at and below a place that are without a value, of those that have one of ``keys``."""
    return _find_missing(place.projection, place.value, keys, place.path)


def position_at(projection: ObjectProjection, root: JsonObject, path: ClientPath) -> Position:
    """Return the physical keys that lead to ``path`` of the client's answer."""
    node: ValueProjection = projection
    value: object = root
    position: list[str] = []
    for key in path:
        if isinstance(key, int):
            if not isinstance(node, ListProjection):
                break
            node = node.item
            value = value[key] if isinstance(value, list) and 0 <= key < len(value) else None
        else:
            field = next(
                (each for each in fields_of(node, value) if each.response_key == key), None
            )
            if field is None:
                break
            position.append(field.source)
            node = field.value
            value = value.get(field.source) if isinstance(value, dict) else None
    return tuple(position)


def fields_of(node: ValueProjection | None, value: object) -> Iterator[FieldProjection]:
    """Yield the fields that the client asked of an object: of all classes when its type is not known."""
    if not isinstance(node, ObjectProjection):
        return
    typename = None
    if node.typename_key is not None and isinstance(value, dict):
        typename = value.get(node.typename_key)
    for chosen in node.classes:
        if typename is None or is_of_type(typename, chosen.types):
            yield from chosen.fields


def _locate(
    node: ValueProjection, value: object, place: PhysicalPath, path: ClientPath
) -> Iterator[ClientPlace]:
    if not place:
        yield ClientPlace(path, node, value)
        return
    key, *rest = place
    below = tuple(rest)
    if isinstance(key, int):
        is_beyond = key < 0 or (isinstance(value, list) and key >= len(value))
        if is_beyond or not isinstance(node, ListProjection):
            yield ClientPlace(path, None, None)
        else:
            item = value[key] if isinstance(value, list) else None
            yield from _locate(node.item, item, below, (*path, key))
        return
    fields = [field for field in fields_of(node, value) if field.source == key]
    if not fields:
        yield ClientPlace(path, None, None)
    found = value.get(key) if isinstance(value, dict) else None
    for field in fields:
        yield from _locate(field.value, found, below, (*path, field.response_key))


def _find_missing(
    node: ValueProjection | None, value: object, keys: WrittenKeys, path: ClientPath
) -> Iterator[ClientPath]:
    if isinstance(value, list) and isinstance(node, ListProjection):
        for index, item in enumerate(value):
            yield from _find_missing(node.item, item, keys, (*path, index))
    elif isinstance(value, dict):
        for field in fields_of(node, value):
            below = keys.keys.get(field.source)
            if below is None:
                continue
            found = value.get(field.source)
            here = (*path, field.response_key)
            if found is None:
                yield here
            else:
                yield from _find_missing(field.value, found, below, here)
