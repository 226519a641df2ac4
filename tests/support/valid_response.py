"""Checks an answer against the operation and the API schema: keys, types, nullability, enum values, error paths.

Written from the specification alone (GraphQL, 6.4 and 7.1), so that it shares no code with the gateway.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    is_composite_type,
)

Path = tuple[str | int, ...]


def problems_of(schema: GraphQLSchema, document: DocumentNode, answer: Any) -> list[str]:
    """Everything about ``answer``, decoded JSON, that a client of ``schema`` need not put up with.

    The document has no variables and no directives.
    """
    return list(_Check(schema, document).problems(answer))


class _Check:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        (self._operation,) = [
            each for each in document.definitions if isinstance(each, OperationDefinitionNode)
        ]

    def problems(self, answer: Any) -> Iterator[str]:
        if not isinstance(answer, dict):
            yield "the answer is no object"
            return
        if unknown := answer.keys() - {"data", "errors", "extensions"}:
            yield f"unknown entries {unknown}"
        if "data" not in answer:
            yield "there is no data"
        errors = answer.get("errors", [])
        if "errors" in answer and not (isinstance(errors, list) and errors):
            yield "errors is not a list with something in it"
        data = answer.get("data")
        if data is None:
            if not errors:
                yield "data is null, and no error says why"
        else:
            root = self._schema.get_root_type(self._operation.operation)
            assert root is not None
            yield from self._object(root, [self._operation.selection_set], data, ())
        for error in errors:
            yield from self._error(error, data)

    def _error(self, error: Any, data: Any) -> Iterator[str]:
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            yield f"{error} has no message"
            return
        if not isinstance(error.get("extensions", {}).get("code"), str):
            yield f"{error} has no code"
        if "path" not in error:
            return
        path = error["path"]
        if not isinstance(path, list) or not path:
            yield f"{error} has an empty path"
            return
        for key in path:
            if _has(data, key):
                data = data[key]
            else:
                if data is not None:
                    yield f"{path} leads nowhere in data"
                return

    def _object(
        self, declared: Any, selections: list[SelectionSetNode], value: Any, path: Path
    ) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
            return
        possible = self._schema.get_possible_types(declared) if is_abstract_type(declared) else ()
        candidates: list[GraphQLObjectType] = list(possible) or [declared]
        found: list[str] = []
        for candidate in candidates:
            found = list(self._fields(candidate, selections, value, path))
            if not found:
                return
        yield f"{path}: fits no type of {declared}: {found}"

    def _fields(
        self,
        of_type: GraphQLObjectType,
        selections: list[SelectionSetNode],
        value: Mapping[str, Any],
        path: Path,
    ) -> Iterator[str]:
        fields: dict[str, list[FieldNode]] = {}
        for selection in selections:
            self._collect(of_type, selection, fields)
        if list(fields) != list(value):
            yield f"{path}: {list(value)} instead of {list(fields)}"
            return
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                if value[key] != of_type.name:
                    yield f"{path}: __typename is {value[key]!r}, not {of_type.name}"
                continue
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            declared = of_type.fields[name].type
            yield from self._value(declared, below, value[key], (*path, key))

    def _collect(
        self,
        of_type: GraphQLObjectType,
        selection_set: SelectionSetNode,
        fields: dict[str, list[FieldNode]],
    ) -> None:
        for node in selection_set.selections:
            match node:
                case FieldNode():
                    key = (node.alias or node.name).value
                    fields.setdefault(key, []).append(node)
                case InlineFragmentNode(type_condition=condition):
                    if condition is None or self._applies(of_type, condition.name.value):
                        self._collect(of_type, node.selection_set, fields)
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    if self._applies(of_type, fragment.type_condition.name.value):
                        self._collect(of_type, fragment.selection_set, fields)

    def _applies(self, of_type: GraphQLObjectType, condition: str) -> bool:
        if condition == of_type.name:
            return True
        if isinstance(named := self._schema.type_map[condition], GraphQLUnionType):
            return of_type in named.types
        return any(each.name == condition for each in of_type.interfaces)

    def _value(
        self, declared: GraphQLOutputType, below: list[SelectionSetNode], value: Any, path: Path
    ) -> Iterator[str]:
        if isinstance(declared, GraphQLNonNull):
            if value is None:
                yield f"{path}: null where none may be"
                return
            declared = declared.of_type
        if value is None:
            return
        if isinstance(declared, GraphQLList):
            if not isinstance(value, list):
                yield f"{path}: {value!r} is no list"
                return
            for index, item in enumerate(value):
                yield from self._value(declared.of_type, below, item, (*path, index))
        elif is_composite_type(declared):
            yield from self._object(declared, below, value, path)
        elif isinstance(declared, GraphQLEnumType):
            if not isinstance(value, str) or value not in declared.values:
                yield f"{path}: {value!r} is no value of {declared}"
        elif isinstance(declared, GraphQLScalarType) and not _is_of(declared.name, value):
            yield f"{path}: {value!r} is no {declared}"


def _has(data: Any, key: object) -> bool:
    if isinstance(data, list):
        return type(key) is int and 0 <= key < len(data)
    return isinstance(data, dict) and isinstance(key, str) and key in data


def _is_of(scalar: str, value: Any) -> bool:
    match scalar:
        case "String" | "ID":
            return isinstance(value, str)
        case "Int":
            return type(value) is int and -(2**31) <= value < 2**31
        case "Float":
            return type(value) is int or (type(value) is float and math.isfinite(value))
        case "Boolean":
            return type(value) is bool
        case _:
            return True
