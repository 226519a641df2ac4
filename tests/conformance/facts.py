"""What a subgraph knows, as ``data.yaml`` says it: records by type and name, and values that are worked out when read.

A value is a leaf, a list, an object (a mapping; ``__typename`` where its place is abstract), or, where an object is
due, the text ``Book/b1``: the record ``b1`` of ``Book``. Whatever is not there must not be read. Values are templates:
``"{price} in {$unit}"`` takes ``price`` from the representation and ``unit`` from the arguments, and is null when one
of them is. Mappings with ``$`` are more than an object:

* ``{$: Book/b1, title: Cats}``: a record, and what is known of it here alone (``@provides``);
* ``{$fail: text}``: an error of the subgraph's own;
* ``{$by: unit, cm: 3, inch: 1}``: by the value of an argument, null for any other;
* ``{$first: count, of: [...]}``: as many items as an argument says, all when it is not given;
* ``{$set: {Book/b1: {title: "{$title}"}}, then: Book/b1}``: what a mutation changes, and returns.

A record with ``$once: true`` is found but once, and a type with ``"*": null`` has null for every key that it does
not know, which is a mistake of the gateway's otherwise.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    SelectionNode,
    parse,
    value_from_ast_untyped,
)

Record: TypeAlias = dict[str, Any]
Selections: TypeAlias = tuple[SelectionNode, ...]

UNKNOWN = "*"


@dataclass(slots=True)
class Facts:
    """The records of one subgraph; mutations change them."""

    subgraph: str
    by_type: dict[str, Record]

    def record(self, type_name: str, name: str) -> Record | None:
        """Return a record, ``None`` when there is none."""
        found: Record | None = self.by_type.get(type_name, {}).get(name)
        return found

    def root(self, type_name: str) -> Record:
        """Return the fields of a root type."""
        return dict(self.by_type.get(type_name, {}))

    def change(self, changes: Mapping[str, Record], inputs: Mapping[str, Any]) -> None:
        """Change records as ``$set`` says."""
        for reference, fields in changes.items():
            type_name, name = split_reference(str(fill(reference, inputs)))
            record = self.by_type.setdefault(type_name, {}).setdefault(name, {})
            record.update({field: fill(value, inputs) for field, value in fields.items()})


def split_reference(text: str) -> tuple[str, str]:
    """Return type and name of ``Book/b1``."""
    type_name, _, name = text.partition("/")
    return type_name, name


def settle(value: Any, facts: Facts, inputs: Mapping[str, Any]) -> Any:
    """Work out what a value says, down to a leaf, a list, a reference or an object; make its changes."""
    if isinstance(value, str):
        return fill(value, inputs)
    if not isinstance(value, dict):
        return value
    match value:
        case {"$fail": message}:
            raise GraphQLError(message)
        case {"$by": argument, **choices}:
            settled = settle(choices.get(inputs[f"${argument}"]), facts, inputs)
        case {"$first": argument, "of": items}:
            settled = settle(items, facts, inputs)[: inputs.get(f"${argument}")]
        case {"$set": changes, "then": then}:
            facts.change(changes, inputs)
            settled = settle(then, facts, inputs)
        case {"$": reference, **overlay}:
            settled = {**overlay, "$": fill(reference, inputs)}
        case _:
            settled = value
    return settled


class _Template(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, dict | list):
            return json.dumps(value, sort_keys=True)
        return str(super().format_field(value, format_spec))


def fill(text: Any, inputs: Mapping[str, Any]) -> Any:
    """Return a template with its inputs; ``None`` when one is null or absent, anything but a template as it is."""
    if not isinstance(text, str) or "{" not in text:
        return text
    template = _Template()
    names = [name for _, name, _, _ in template.parse(text) if name is not None]
    try:
        values = [template.get_field(name, (), inputs)[0] for name in names]
    except (KeyError, IndexError, TypeError):
        return None
    return None if None in values else template.vformat(text, (), inputs)


# Field sets


def parse_field_set(text: str) -> Selections:
    """Parse the argument of ``@key``, ``@requires`` or ``@provides``."""
    (definition,) = parse(f"{{ {text} }}").definitions
    return tuple(definition.selection_set.selections)  # type: ignore[attr-defined]


def inputs_of(arguments: Mapping[str, Any], required: Mapping[str, Any]) -> dict[str, Any]:
    """Return what templates read: arguments with ``$``, and what was required."""
    return {**required, **{f"${name}": value for name, value in arguments.items()}}


def arguments_of(node: FieldNode) -> dict[str, Any]:
    """Return the arguments that a field set gives."""
    return {each.name.value: value_from_ast_untyped(each.value) for each in node.arguments or ()}


def pick(value: Any, selections: Selections) -> Any:
    """Return the part of JSON that a field set selects."""
    if isinstance(value, list):
        return [pick(item, selections) for item in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for node in fields_of(selections):
        name = node.name.value
        if name in value:
            inner = node.selection_set.selections if node.selection_set else None
            found[name] = pick(value[name], inner) if inner else value[name]
    return found


def fields_of(selections: Selections) -> Iterator[FieldNode]:
    """Yield the fields of a field set, those in fragments too."""
    for node in selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from fields_of(node.selection_set.selections)
