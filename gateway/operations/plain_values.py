"""Quick tests of variable values: scalars of the specification, enums, and lists of them, written as they should be.

A test says yes only to what coercion takes as it is. What it does not say yes to may still be good: an integer for a
float, one value for a list of them. Spec: GraphQL, 3.5 (Scalars, Input Coercion), 3.11 (List, Input Coercion).
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    TypeNode,
)

Test: TypeAlias = Callable[[object], bool]

_MAX_INT = 2**31 - 1


def test_of(node: TypeNode, schema: GraphQLSchema) -> Test | None:
    """Return the test of a type; ``None`` for types whose values have to be looked at more closely."""
    if isinstance(node, NonNullTypeNode):
        return _non_null_test(node.type, schema)
    test = _non_null_test(node, schema)
    return None if test is None else lambda value: value is None or test(value)


def _non_null_test(node: TypeNode, schema: GraphQLSchema) -> Test | None:
    match node:
        case ListTypeNode():
            item = test_of(node.type, schema)
            if item is None:
                return None
            return lambda value: type(value) is list and all(map(item, value))
        case NamedTypeNode():
            return _named_test(node.name.value, schema)
        case _:
            return None


def _named_test(name: str, schema: GraphQLSchema) -> Test | None:
    named = schema.type_map.get(name)
    if isinstance(named, GraphQLEnumType):
        names = frozenset(named.values)
        return lambda value: type(value) is str and value in names
    return None if named is None else _SCALARS.get(name)


def _is_string(value: object) -> bool:
    return type(value) is str


def _is_boolean(value: object) -> bool:
    return type(value) is bool


def _is_int(value: object) -> bool:
    return type(value) is int and -_MAX_INT - 1 <= value <= _MAX_INT


def _is_float(value: object) -> bool:
    return type(value) is float and isfinite(value)


_SCALARS: dict[str, Test] = {
    "Boolean": _is_boolean,
    "Float": _is_float,
    "ID": _is_string,
    "Int": _is_int,
    "String": _is_string,
}
