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
from .written_keys import Position


@dataclass(frozen=True, slots=True)
class ClientPlace:
    """Where a place of the response tree shows up in the answer."""

    path: ClientPath
    """Of the place, or of the nearest object above it that the client asked for."""

    projection: ValueProjection | None
    """Of the value there; ``None`` when the client did not ask for the place itself."""


def locate(projection: ObjectProjection, root: JsonObject, place: PhysicalPath) -> ClientPlace:
    """Return where the client sees ``place``.

    A value that the client asked for under several names is found under the first.
    """
    node: ValueProjection = projection
    value: object = root
    path: list[str | int] = []
    for key in place:
        if isinstance(key, int):
            is_beyond = key < 0 or (isinstance(value, list) and key >= len(value))
            if is_beyond or not isinstance(node, ListProjection):
                return ClientPlace(tuple(path), None)
            path.append(key)
            node = node.item
            value = value[key] if isinstance(value, list) else None
        else:
            field = next((field for field in fields_of(node, value) if field.source == key), None)
            if field is None:
                return ClientPlace(tuple(path), None)
            path.append(field.response_key)
            node = field.value
            value = value.get(key) if isinstance(value, dict) else None
    return ClientPlace(tuple(path), node)


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
