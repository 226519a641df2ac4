"""A subgraph over facts that forgives nothing: it notes down whatever a gateway should not have asked.

Representations without a resolvable key, with a null key, with too little for
``@requires`` or with more than the fields asked for need, and fields that it has no value for: each is a complaint.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    build_ast_schema,
    execute_sync,
    get_named_type,
    parse,
)

from .facts import (
    UNKNOWN,
    Facts,
    Record,
    Selections,
    fields_of,
    inputs_of,
    parse_field_set,
    pick,
    settle,
    split_reference,
)

_parse = lru_cache(parse)


@dataclass(slots=True)
class Thing:
    """An object on its way through an execution."""

    type: str
    values: Record
    representation: Mapping[str, Any] | None = None


@dataclass(slots=True)
class LocalType:
    """What a subgraph's SDL says of a type to federation."""

    keys: list[tuple[Selections, bool]] = field(default_factory=list)
    """Field sets, and whether they are resolvable."""

    requires: dict[str, Selections] = field(default_factory=dict)
    """By field."""


@dataclass(frozen=True, slots=True)
class LocalSchema:
    """What a subgraph's SDL says."""

    types: Mapping[str, LocalType]
    schema: GraphQLSchema
    """Executable, with ``_entities``."""


class StrictSubgraph:
    """One subgraph.

    Args:
        name: what the supergraph calls it.
        local: what its SDL says.
        data: its records by type.
    """

    def __init__(self, name: str, local: LocalSchema, data: Mapping[str, Record]) -> None:
        self.name = name
        self.facts = Facts(name, copy.deepcopy(dict(data)))
        self.complaints: list[str] = []
        self.types, self.schema = local.types, local.schema

    def answer(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Execute an operation that is valid here: plans are linted for that."""
        document = _parse(operation)
        definition = document.definitions[0]
        root = {"query": "Query", "mutation": "Mutation"}[definition.operation.value]  # type: ignore[attr-defined]
        result = execute_sync(
            self.schema,
            document,
            Thing(root, self.facts.root(root)),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda thing, *_: thing.type,
        )
        return dict(result.formatted)

    def _complain(self, text: str) -> GraphQLError:
        self.complaints.append(f"{self.name}: {text}")
        return GraphQLError(text)

    # Fields

    def _resolve(self, thing: Thing, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        name, parent = info.field_name, info.parent_type.name
        if name == "_entities":
            asked = _asked_fields(info)
            return [self._find(each, asked) for each in arguments["representations"]]
        if name not in thing.values:
            raise self._complain(f"{parent}.{name} must not be read")
        required = self._required(thing, parent, name)
        value = settle(thing.values[name], self.facts, inputs_of(arguments, required))
        return self._complete(value, get_named_type(info.return_type))

    def _required(self, thing: Thing, parent: str, name: str) -> Mapping[str, Any]:
        selections = self.types[parent].requires.get(name) if parent in self.types else None
        if selections is None:
            return {}
        given = thing.representation
        if given is None:
            raise self._complain(f"{parent}.{name} is read without its inputs")
        missing = sorted(self._missing(given, selections))
        if missing:
            raise self._complain(f"{parent}.{name} is read without {', '.join(missing)}")
        return given

    def _missing(self, value: Any, selections: Selections) -> Iterator[str]:
        if isinstance(value, list):
            for item in value:
                yield from self._missing(item, selections)
        elif isinstance(value, dict):
            # Nothing can be said of a type that is not known here.
            if value.get("__typename", "Query") not in self.schema.type_map:
                return
            for node in selections:
                yield from self._missing_in(value, node)

    def _missing_in(self, value: Mapping[str, Any], node: Any) -> Iterator[str]:
        if isinstance(node, InlineFragmentNode):
            if self._applies(value, node):
                yield from self._missing(value, tuple(node.selection_set.selections))
        elif node.name.value not in value:
            yield node.name.value
        elif node.selection_set is not None:
            yield from self._missing(value[node.name.value], tuple(node.selection_set.selections))

    def _applies(self, value: Mapping[str, Any], node: InlineFragmentNode) -> bool:
        if node.type_condition is None:
            return True
        condition, typename = node.type_condition.name.value, value.get("__typename")
        return typename in {condition, *self._possible(condition)}

    def _possible(self, name: str) -> list[str]:
        found = self.schema.type_map.get(name)
        if isinstance(found, GraphQLInterfaceType | GraphQLUnionType):
            return [each.name for each in self.schema.get_possible_types(found)]
        return [name]

    def _complete(self, value: Any, named: Any) -> Any:
        if isinstance(value, list):
            return [self._complete(settle(item, self.facts, {}), named) for item in value]
        if value is None or not isinstance(
            named, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
        ):
            return value
        if isinstance(value, dict) and "$" not in value:
            return Thing(value.get("__typename", named.name), value)
        return self._follow(value)

    def _follow(self, value: Any) -> Thing | None:
        overlay = value if isinstance(value, dict) else {}
        type_name, name = split_reference(overlay.get("$", value))
        record = self.facts.record(type_name, name)
        if record is None:
            return None
        return Thing(type_name, {**record, **overlay})

    # Entities

    def _find(self, representation: dict[str, Any], asked: Mapping[str, set[str]]) -> Thing | None:
        type_name = representation.get("__typename")
        local = self.types.get(type_name or "")
        if local is None or not any(is_resolvable for _, is_resolvable in local.keys):
            raise self._complain(f"{type_name} cannot be entered here: {representation}")
        keys = [
            key
            for key, is_resolvable in local.keys
            if is_resolvable and not list(self._missing(representation, key))
        ]
        if not any(_is_given(pick(representation, key)) for key in keys):
            raise self._complain(f"there is no key in {representation}")
        self._check_strays(representation, asked)
        for possible in self._possible(str(type_name)):
            records = self.facts.by_type.get(possible, {})
            for name, record in records.items():
                if name != UNKNOWN and self._matches(possible, record, representation, keys):
                    found = Thing(possible, dict(record), representation)
                    if record.get("$once"):
                        records[name] = {"$gone": True}
                    return found
            if UNKNOWN in records:
                return None
        raise self._complain(f"there is no {representation}")

    def _matches(
        self, type_name: str, record: Record, representation: dict[str, Any], keys: list[Selections]
    ) -> bool:
        thing = Thing(type_name, record)
        return any(self._read_key(thing, key) == pick(representation, key) for key in keys)

    def _read_key(self, value: Any, selections: Selections) -> Any:
        if isinstance(value, list):
            return [self._read_key(item, selections) for item in value]
        if not isinstance(value, Thing):
            return value
        named = self.schema.type_map[value.type]
        assert isinstance(named, GraphQLObjectType)
        found = {}
        for node in fields_of(selections):
            name = node.name.value
            if name == "__typename":
                found[name] = value.type
            elif name in value.values:
                inner = self._complete(value.values[name], get_named_type(named.fields[name].type))
                below = node.selection_set.selections if node.selection_set else ()
                found[name] = self._read_key(inner, tuple(below))
        return found

    def _check_strays(self, representation: dict[str, Any], asked: Mapping[str, set[str]]) -> None:
        type_name = representation["__typename"]
        local = self.types[type_name]
        known = {"__typename"}
        for key, _ in local.keys:
            known |= {node.name.value for node in fields_of(key)}
        for each in (type_name, *self._possible(type_name)):
            for name in asked.get(each, ()):
                for selections in (local, self.types.get(each, local)):
                    needed = selections.requires.get(name, ())
                    known |= {node.name.value for node in fields_of(needed)}
        strays = sorted(representation.keys() - known)
        if strays:
            self._complain(f"{type_name} is sent with {', '.join(strays)} for no field: {asked}")


def _is_given(key: Any) -> bool:
    """Whether any leaf of a key is more than null."""
    if isinstance(key, dict):
        return any(_is_given(value) for name, value in key.items() if name != "__typename")
    if isinstance(key, list):
        return any(_is_given(item) for item in key) or not key
    return key is not None


def _asked_fields(info: GraphQLResolveInfo[Any]) -> dict[str, set[str]]:
    """Return the fields selected of entities, by the type of their fragment."""
    found: dict[str, set[str]] = {}

    def walk(selections: Iterable[Any], type_name: str) -> None:
        for node in selections:
            if isinstance(node, FieldNode):
                found.setdefault(type_name, set()).add(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                walk(
                    node.selection_set.selections, condition.name.value if condition else type_name
                )
            else:
                fragment = info.fragments[node.name.value]
                walk(fragment.selection_set.selections, fragment.type_condition.name.value)

    for node in info.field_nodes:
        walk(node.selection_set.selections if node.selection_set else (), "_Entity")
    return found


# Schemas


@cache
def read_local_schema(sdl: str) -> LocalSchema:
    """Read an SDL of Federation 1 or 2."""
    document = parse(sdl)
    types = read_types(document)
    return LocalSchema(types, build_subgraph_schema(document, types))


def read_types(document: DocumentNode) -> dict[str, LocalType]:
    """Return what a subgraph's SDL says to federation, by type."""
    found: dict[str, LocalType] = {}
    for node in document.definitions:
        if not isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            continue
        local = found.setdefault(node.name.value, LocalType())
        for directive in _named(node.directives, "key"):
            text, flag = _argument(directive, "fields"), _argument(directive, "resolvable")
            local.keys.append((parse_field_set(text), flag != "False"))
        for each in getattr(node, "fields", None) or ():
            for directive in _named(each.directives, "requires"):
                local.requires[each.name.value] = parse_field_set(_argument(directive, "fields"))
    return found


def _named(directives: Iterable[DirectiveNode] | None, name: str) -> Iterator[DirectiveNode]:
    for each in directives or ():
        if each.name.value in {name, f"federation__{name}"}:
            yield each


def _argument(directive: DirectiveNode, name: str) -> str:
    for each in directive.arguments or ():
        if each.name.value == name:
            if isinstance(each.value, StringValueNode):
                return each.value.value
            return str(getattr(each.value, "value", ""))
    return ""


def build_subgraph_schema(document: DocumentNode, types: Mapping[str, LocalType]) -> GraphQLSchema:
    """Return an executable schema, with ``_entities`` when there are entities."""
    definitions = [_defined(node, document) for node in document.definitions]
    names = [
        node.name.value
        for node in definitions
        if isinstance(node, ObjectTypeDefinitionNode) and types[node.name.value].keys
    ]
    interfaces = {name for name, local in types.items() if local.keys} - set(names)
    # An interface with a key is entered too, and answered with one of its implementations.
    names += [
        node.name.value
        for node in definitions
        if isinstance(node, ObjectTypeDefinitionNode)
        and node.name.value not in names
        and interfaces & {each.name.value for each in node.interfaces or ()}
    ]
    text = "scalar _Any"
    if names:
        has_query = any(
            isinstance(node, ObjectTypeDefinitionNode) and node.name.value == "Query"
            for node in definitions
        )
        text += f" union _Entity = {' | '.join(dict.fromkeys(names))}"
        text += f" {'extend ' if has_query else ''}type Query"
        text += " { _entities(representations: [_Any!]!): [_Entity]! }"
    merged = DocumentNode(definitions=(*definitions, *parse(text).definitions))
    return build_ast_schema(merged, assume_valid=True, assume_valid_sdl=True)


def _defined(node: Any, document: DocumentNode) -> Any:
    """Return a definition for the first extension of a type that is nowhere defined."""
    if not isinstance(node, ObjectTypeExtensionNode):
        return node
    same = [
        each
        for each in document.definitions
        if isinstance(each, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
        and each.name.value == node.name.value
    ]
    if node is not same[0] or any(isinstance(each, ObjectTypeDefinitionNode) for each in same):
        return node
    return ObjectTypeDefinitionNode(
        name=node.name,
        description=None,
        interfaces=node.interfaces,
        directives=node.directives,
        fields=node.fields,
    )
