"""Collects what ``_entities`` is asked about: one representation per different content, and who uses which.

Spec: Apollo Federation subgraph specification, "Entity resolution" (``_Any``, ``_entities``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.query_plan.nodes import (
    EntityGroup,
    EntityTarget,
    RepresentationField,
    RepresentationShape,
)

from .json_text import encode_json
from .result import JsonObject
from .tree_walk import find_chains, find_objects, is_of_type

NESTED_TYPENAME_KEY = "__typename"
"""Where an object inside a representation carries its runtime type; only the outermost has a key of its own."""


@dataclass(slots=True)
class Uses:
    """Objects of one target and, in step with them, the index of the representation that each uses."""

    objects: list[JsonObject] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Lots:
    """Representations by what their objects take from contexts."""

    numbers: list[int] = field(default_factory=list)
    """In step with the representations: the lot of each."""

    values: list[tuple[object, ...]] = field(default_factory=list)
    """By lot, in step with the group's context variables. A lot may turn out to be empty."""


@dataclass(slots=True)
class Collected:
    """What one entity group asks for."""

    representations: list[JsonObject]
    """All different."""

    uses: list[Uses]
    """In step with the group's targets."""

    lots: Lots | None = None
    """For a group with context variables."""


def collect_representations(
    group: EntityGroup, root: JsonObject, *, skip_incomplete: bool = False
) -> Collected:
    """Collect the representations of all objects that ``group`` is about.

    An object is left out when its type is none of the target's, when a key part is missing, or when every leaf of the
    key is null: such a key names nothing. A missing input of ``@requires`` is left out of the representation; with
    ``skip_incomplete`` the object is left out instead, because a subgraph that did not answer owed it: asking with
    half the inputs might bring a wrong answer instead of none.

    Where the group has context variables, objects that differ in their values do not share a representation.
    """
    if group.contexts:
        return _collect_lots(group, root, skip_incomplete=skip_incomplete)
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


def _collect_lots(group: EntityGroup, root: JsonObject, *, skip_incomplete: bool) -> Collected:
    collected = Collected([], [], Lots())
    finder = LotFinder(group, collected)
    known: dict[tuple[int, bytes], int] = {}
    for target in group.targets:
        used = Uses()
        collected.uses.append(used)
        for chain in find_chains(root, target.path):
            obj: JsonObject = chain[-1]  # type: ignore[assignment]
            representation = represent(target, obj, skip_incomplete=skip_incomplete)
            values = read_contexts(target, chain, skip_incomplete=skip_incomplete)
            lot = None if values is None else finder.find(values)
            if representation is None or lot is None:
                continue
            fresh = len(collected.representations)
            index = known.setdefault((lot, encode_json(representation)), fresh)
            if index == fresh:
                collected.representations.append(representation)
                finder.lots.numbers.append(lot)
            used.objects.append(obj)
            used.indices.append(index)
    return collected


class LotFinder:
    """Finds the lot for what an object takes from contexts."""

    def __init__(self, group: EntityGroup, collected: Collected) -> None:
        assert collected.lots is not None  # noqa: S101 - made with it, for a group with contexts
        self.lots = collected.lots
        self._required = [
            place for place, variable in enumerate(group.contexts) if variable.type.endswith("!")
        ]
        self._known: dict[object, int] = {}

    def find(self, values: tuple[object, ...]) -> int | None:
        """Return the number of the lot; ``None`` when a value is null that must not be."""
        # Python holds 1, 1.0 and True for equal; lists have no hash, and their text stands for them.
        key: object = (*values, *map(type, values))
        try:
            known = self._known.get(key)
        except TypeError:
            key = encode_json(values)
            known = self._known.get(key)
        if known is not None:
            return known
        if any(values[place] is None for place in self._required):
            return None
        number = self._known[key] = len(self.lots.values)
        self.lots.values.append(values)
        return number


def read_contexts(
    target: EntityTarget, chain: Sequence[object], *, skip_incomplete: bool = False
) -> tuple[object, ...] | None:
    """Return what an object takes from contexts, given the values on the way to it.

    What is missing counts as null; with ``skip_incomplete`` it leaves nothing to return.
    """
    try:
        return tuple(
            read_context(source.field, chain[source.depth], skip_incomplete=skip_incomplete)
            for source in target.contexts
        )
    except _Incomplete:
        return None


def read_context(
    part: RepresentationField | None, holder: object, *, skip_incomplete: bool = False
) -> object:
    """Return the leaf that ``part`` leads to, below the object that sets the context."""
    if part is None or not isinstance(holder, dict):
        return None
    if part.source not in holder:
        if skip_incomplete:
            raise _Incomplete
        return None
    return _leaf(part, holder[part.source], skip_incomplete=skip_incomplete)


def _leaf(part: RepresentationField, value: object, *, skip_incomplete: bool) -> object:
    if not part.shapes:
        return value
    if isinstance(value, list):
        return [_leaf(part, item, skip_incomplete=skip_incomplete) for item in value]
    typename = value.get(NESTED_TYPENAME_KEY) if isinstance(value, dict) else None
    shape = _shape_for(part.shapes, typename)
    below = shape.fields[0] if shape is not None and shape.fields else None
    return read_context(below, value, skip_incomplete=skip_incomplete)


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


def find_left_out(
    group: EntityGroup, root: JsonObject, collected: Collected
) -> list[list[JsonObject]]:
    """Return, by target, the objects without a representation because something it would hold has not arrived.

    To be called before anybody adds to the tree again.
    """
    left_out = []
    for target, uses in zip(group.targets, collected.uses, strict=True):
        asked = {id(obj) for obj in uses.objects}
        left_out.append(
            [
                obj
                for obj in find_objects(root, target.path)
                if id(obj) not in asked and _lacks_inputs(target, obj)
            ]
        )
    return left_out


def _lacks_inputs(target: EntityTarget, obj: JsonObject) -> bool:
    typename = obj.get(target.typename_key) if target.typename_key is not None else None
    shape = _shape_for(target.shapes, typename)
    if shape is None:
        return target.typename_key is not None and target.typename_key not in obj
    try:
        _read_fields(shape, obj, _KeyLeaves(), skip_incomplete=True)
    except _Incomplete:
        return True
    return False


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
