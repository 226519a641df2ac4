"""Collects what ``_entities`` is asked about: one representation per different content, and who uses which.

Spec: Apollo Federation subgraph specification, "Entity resolution" (``_Any``, ``_entities``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.query_plan.nodes import (
    EntityGroup,
    EntityTarget,
    RepresentationField,
    RepresentationShape,
)

from .json_text import encode_json
from .result import JsonObject
from .tree_walk import find_objects, is_of_type

NESTED_TYPENAME_KEY = "__typename"
"""Where an object inside a representation carries its runtime type; only the outermost has a key of its own."""


@dataclass(slots=True)
class Uses:
    """Objects of one target and, in step with them, the index of the representation that each uses."""

    objects: list[JsonObject] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Collected:
    """What one entity group asks for."""

    representations: list[JsonObject]
    """All different."""

    uses: list[Uses]
    """In step with the group's targets."""


def collect_representations(
    group: EntityGroup, root: JsonObject, *, skip_incomplete: bool = False
) -> Collected:
    """Collect the representations of all objects that ``group`` is about.

    An object is left out when its type is none of the target's, when a key part is missing, or when every leaf of the
    key is null: such a key names nothing. A missing input of ``@requires`` is left out of the representation; with
    ``skip_incomplete`` the object is left out instead, because a subgraph that did not answer owed it: asking with
    half the inputs might bring a wrong answer instead of none.
    """
    representations: list[JsonObject] = []
    known: dict[bytes, int] = {}
    uses: list[Uses] = []
    for target in group.targets:
        used = Uses()
        uses.append(used)
        for obj in find_objects(root, target.path):
            representation = represent(target, obj, skip_incomplete=skip_incomplete)
            if representation is None:
                continue
            # Equal by text is equal by content: keys stand in the plan's order, and 1, "1" and true differ.
            index = known.setdefault(encode_json(representation), len(representations))
            if index == len(representations):
                representations.append(representation)
            used.objects.append(obj)
            used.indices.append(index)
    return Collected(representations, uses)


class _Incomplete(Exception):
    """The object has no representation."""


def represent(
    target: EntityTarget, obj: JsonObject, *, skip_incomplete: bool = False
) -> JsonObject | None:
    """Return the representation of one object, ``None`` when it has none."""
    typename = obj.get(target.typename_key) if target.typename_key is not None else None
    shape = _shape_for(target.shapes, typename)
    if shape is None:
        return None
    key = _KeyLeaves()
    try:
        representation = _read_fields(shape, obj, key, skip_incomplete=skip_incomplete)
    except _Incomplete:
        return None
    return None if key.are_all_null() else representation


@dataclass(slots=True)
class _KeyLeaves:
    """How many leaves of an object's key there are, and how many are null."""

    count: int = 0
    nulls: int = 0

    def add(self, value: object) -> None:
        self.count += 1
        self.nulls += value is None

    def are_all_null(self) -> bool:
        return self.count > 0 and self.nulls == self.count


def _shape_for(
    shapes: Iterable[RepresentationShape], typename: object
) -> RepresentationShape | None:
    for shape in shapes:
        if shape.types is None or is_of_type(typename, shape.types):
            return shape
    return None


def _read_fields(
    shape: RepresentationShape, obj: JsonObject, key: _KeyLeaves, *, skip_incomplete: bool
) -> JsonObject:
    representation: JsonObject = {}
    if shape.typename is not None:
        representation["__typename"] = shape.typename
    for part in shape.fields:
        if part.source not in obj:
            if part.is_key or skip_incomplete:
                raise _Incomplete
            continue
        representation[part.name] = _read_value(
            part, obj[part.source], key, skip_incomplete=skip_incomplete
        )
    return representation


def _read_value(
    part: RepresentationField, value: object, key: _KeyLeaves, *, skip_incomplete: bool
) -> object:
    if part.shapes and isinstance(value, list):
        return [_read_value(part, item, key, skip_incomplete=skip_incomplete) for item in value]
    if part.shapes and isinstance(value, dict):
        shape = _shape_for(part.shapes, value.get(NESTED_TYPENAME_KEY))
        if shape is not None:
            return _read_fields(shape, value, key, skip_incomplete=skip_incomplete)
        # A type of which nothing is required: the object is there, and that is all there is to say.
        typename = value.get(NESTED_TYPENAME_KEY)
        named = any(shape.typename is not None for shape in part.shapes)
        return {"__typename": typename} if named and typename is not None else {}
    if part.is_key:
        key.add(value)
    return value
