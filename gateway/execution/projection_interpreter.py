"""Projects a response tree by walking the plan's projection: the slow way, which finds every error and its place.

Spec: GraphQL, 6.4.3 (Value Completion) and 6.4.4 (Handling Execution Errors).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias, assert_never

from graphql import (
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
)

from gateway.query_plan.nodes import (
    ClassProjection,
    DeniedProjection,
    EnumProjection,
    FieldProjection,
    IntrospectionProjection,
    LeafKind,
    LeafProjection,
    ListProjection,
    ObjectProjection,
    TypenameProjection,
    ValueProjection,
)

from .result import ClientPath, JsonObject
from .tree_walk import is_of_type


class FieldProblem(NamedTuple):
    """A value that does not fit the API schema, or is of a type that the client may not see, and became null."""

    path: ClientPath
    message: str
    is_denied: bool = False


class Projected(NamedTuple):
    """The client's data and what was wrong on the way to it."""

    data: JsonObject | None
    problems: list[FieldProblem]


def interpret_projection(projection: ObjectProjection, root: JsonObject) -> Projected:
    """Project ``root``; ``data`` is null when null climbed all the way up."""
    interpreter = _Interpreter()
    data = interpreter.complete_object(projection, root, None, "")
    return Projected(data if isinstance(data, dict) else None, interpreter.problems)


class _Failed:
    """Stands for a null that has been reported: it climbs without another error."""


_FAILED: Final = _Failed()


class _Place(NamedTuple):
    """A path as a linked list: most are never written out."""

    parent: _Place | None
    key: str | int


_SCALARS: Final[dict[LeafKind, GraphQLScalarType]] = {
    LeafKind.STRING: GraphQLString,
    LeafKind.ID: GraphQLID,
    LeafKind.INT: GraphQLInt,
    LeafKind.FLOAT: GraphQLFloat,
    LeafKind.BOOLEAN: GraphQLBoolean,
}

_Completed: TypeAlias = object
"""A JSON value of the answer, ``None``, or ``_FAILED``."""


@dataclass(slots=True)
class _Interpreter:
    problems: list[FieldProblem] = field(default_factory=list)

    def complete_object(
        self, node: ObjectProjection, value: object, place: _Place | None, coordinate: str
    ) -> _Completed:
        if not isinstance(value, dict):
            return self._report(place, f"Expected an object for {coordinate}.")
        chosen = _class_for(node, value)
        typename = value.get(node.typename_key) if node.typename_key is not None else None
        if chosen is None:
            if node.typename_key is not None and not isinstance(typename, str):
                return self._report(place, f"An object for {coordinate} came without its type.")
            if typename in node.denied:
                self.problems.append(FieldProblem(_path(place), "", is_denied=True))
                return _FAILED
            return None
        completed: JsonObject = {}
        for part in chosen.fields:
            result = self._complete_field(part, value, typename, _Place(place, part.response_key))
            if result is _FAILED:
                return _FAILED
            completed[part.response_key] = result
        return completed

    def _complete_field(
        self, part: FieldProjection, parent: JsonObject, typename: object, place: _Place
    ) -> _Completed:
        if isinstance(part.value, TypenameProjection):
            result: _Completed = part.value.constant or typename
        elif isinstance(part.value, DeniedProjection):
            result = _FAILED  # of which the client is told for the whole operation
        else:
            result = self._complete_value(
                part.value, parent.get(part.source), place, part.coordinate
            )
        return self._settle(result, part.coordinate, place, non_null=part.non_null)

    def _settle(
        self, result: _Completed, coordinate: str, place: _Place, *, non_null: bool
    ) -> _Completed:
        """Let null climb from a place that may not be null, and stop it at one that may."""
        if not non_null:
            return None if result is _FAILED else result
        if result is None:
            return self._report(place, f"Cannot return null for non-nullable field {coordinate}.")
        return result

    def _complete_value(
        self, node: ValueProjection, value: object, place: _Place, coordinate: str
    ) -> _Completed:
        if value is None:
            return None
        match node:
            case LeafProjection() | EnumProjection():
                return self._complete_leaf(node, value, place, coordinate)
            case ListProjection():
                return self._complete_list(node, value, place, coordinate)
            case ObjectProjection():
                return self.complete_object(node, value, place, coordinate)
            case IntrospectionProjection() | TypenameProjection() | DeniedProjection():
                return value
            case _:
                assert_never(node)

    def _complete_list(
        self, node: ListProjection, value: object, place: _Place, coordinate: str
    ) -> _Completed:
        if not isinstance(value, list):
            return self._report(place, f"Expected a list for {coordinate}.")
        completed: list[_Completed] = []
        for index, item in enumerate(value):
            here = _Place(place, index)
            result = self._complete_value(node.item, item, here, coordinate)
            result = self._settle(result, coordinate, here, non_null=node.item_non_null)
            if result is _FAILED:
                return _FAILED
            completed.append(result)
        return completed

    def _complete_leaf(
        self, node: LeafProjection | EnumProjection, value: object, place: _Place, coordinate: str
    ) -> _Completed:
        if isinstance(node, EnumProjection):
            if isinstance(value, str) and value in node.values:
                return value
            return self._report(place, f"Enum {node.name!r} has no such value at {coordinate}.")
        if node.kind is LeafKind.CUSTOM:
            return value
        try:
            return _serialize(node.kind, value)
        except (GraphQLError, OverflowError, ValueError):
            # Not with graphql-core's text, which shows the value.
            message = f"{node.kind.value} cannot represent the value of {coordinate}."
            return self._report(place, message)

    def _report(self, place: _Place | None, message: str) -> _Failed:
        self.problems.append(FieldProblem(_path(place), message))
        return _FAILED


def _serialize(kind: LeafKind, value: object) -> object:
    if kind is LeafKind.FLOAT and type(value) is int:
        return value  # JSON has one kind of number; what the subgraph wrote may stay as it is
    if kind is LeafKind.ID and type(value) is float:
        # Most likely an integer beyond 64 bits, which is another one by now.
        raise ValueError
    serialized: object = _SCALARS[kind].serialize(value)
    return serialized


def _class_for(node: ObjectProjection, value: JsonObject) -> ClassProjection | None:
    if node.typename_key is None:
        return node.classes[0] if node.classes else None
    typename = value.get(node.typename_key)
    for candidate in node.classes:
        if is_of_type(typename, candidate.types):
            return candidate
    return None


def _path(place: _Place | None) -> ClientPath:
    keys: list[str | int] = []
    while place is not None:
        keys.append(place.key)
        place = place.parent
    return tuple(reversed(keys))
