"""Compares two schemas as clients see them.

graphql-core has a comparison, too; its rules for types of fields and arguments are used here. It names no coordinates,
takes every enum for one that is sent, and knows nothing of deprecations, ``@oneOf`` and lost defaults.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_specified_scalar_type,
)

from .change import ChangeCode, SchemaChange
from .change_between import change_between
from .described import description_changes
from .directives import directive_changes
from .enums import Positions, enum_changes
from .inputs import input_type_changes
from .outputs import composite_changes, union_changes


def find_changes(old: GraphQLSchema, new: GraphQLSchema) -> tuple[SchemaChange, ...]:
    """Return what changes from ``old`` to ``new``, by coordinate.

    Of a type that goes or comes, only the type is told, not its parts.
    """
    changes = [
        *_root_changes(old, new),
        *_type_changes(old, new),
        *directive_changes(old.directives, new.directives),
    ]
    return tuple(sorted(changes, key=lambda it: (it.coordinate, it.code, it.subject or "")))


def _root_changes(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[SchemaChange]:
    for operation, before, after in (
        ("query", old.query_type, new.query_type),
        ("mutation", old.mutation_type, new.mutation_type),
        ("subscription", old.subscription_type, new.subscription_type),
    ):
        if (before and before.name) == (after and after.name):
            continue
        if after is None:
            code = ChangeCode.ROOT_TYPE_REMOVED
            message = f"There are no {operation} operations now."
        elif before is None:
            code = ChangeCode.ROOT_TYPE_ADDED
            message = f"There are {operation} operations now."
        else:
            code = ChangeCode.ROOT_TYPE_CHANGED
            message = f"The root of {operation} operations is {after.name}, not {before.name}."
        yield change_between(f"schema.{operation}", before, after, code, message)


def _type_changes(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[SchemaChange]:
    before, after = _types(old), _types(new)
    positions = Positions.of(old), Positions.of(new)
    for name, type_ in before.items():
        if name not in after:
            message = f"The type {name} was removed."
            yield change_between(name, type_, None, ChangeCode.TYPE_REMOVED, message)
        else:
            yield from _changes_of_one(type_, after[name], *positions)
    for name, type_ in after.items():
        if name not in before:
            message = f"The type {name} was added."
            yield change_between(name, None, type_, ChangeCode.TYPE_ADDED, message)


def _types(schema: GraphQLSchema) -> dict[str, GraphQLNamedType]:
    return {
        name: type_
        for name, type_ in schema.type_map.items()
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_)
    }


def _changes_of_one(
    old: GraphQLNamedType, new: GraphQLNamedType, before: Positions, after: Positions
) -> Iterator[SchemaChange]:
    match old, new:
        case GraphQLObjectType(), GraphQLObjectType():
            yield from composite_changes(old, new)
        case GraphQLInterfaceType(), GraphQLInterfaceType():
            yield from composite_changes(old, new)
        case GraphQLUnionType(), GraphQLUnionType():
            yield from union_changes(old, new)
        case GraphQLEnumType(), GraphQLEnumType():
            yield from enum_changes(old, new, before, after)
        case GraphQLInputObjectType(), GraphQLInputObjectType():
            yield from input_type_changes(old, new)
        case GraphQLScalarType(), GraphQLScalarType():
            yield from _scalar_changes(old, new)
        case _:
            message = f"{new.name} changed from {_kind(old)} to {_kind(new)}."
            yield change_between(new.name, old, new, ChangeCode.TYPE_KIND_CHANGED, message)
    yield from description_changes(new.name, old, new)


def _scalar_changes(old: GraphQLScalarType, new: GraphQLScalarType) -> Iterator[SchemaChange]:
    if old.specified_by_url != new.specified_by_url:
        message = (
            f"{new.name} is specified by {new.specified_by_url or 'nothing'} now,"
            f" not by {old.specified_by_url or 'nothing'}."
        )
        yield change_between(new.name, old, new, ChangeCode.SPECIFIED_BY_CHANGED, message)


def _kind(type_: GraphQLNamedType) -> str:
    return {
        GraphQLObjectType: "an object",
        GraphQLInterfaceType: "an interface",
        GraphQLUnionType: "a union",
        GraphQLEnumType: "an enum",
        GraphQLInputObjectType: "an input type",
    }.get(type(type_), "a scalar")
