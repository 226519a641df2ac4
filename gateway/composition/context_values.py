"""Values of ``@fromContext``: ``$name`` and what to read of the object that sets the context of that name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .field_sets import FieldSetInvalid, Visit, parse_field_set, walk_field_set
from .subgraph_schema import InputValue, OutputField, SubgraphSchema, SubgraphType

_VALUE = re.compile(
    r"[\s,]*\$[\s,]*(?P<context>[_A-Za-z]\w*)(?P<selection>.*)", re.DOTALL | re.ASCII
)


@dataclass(frozen=True, slots=True)
class ContextValue:
    """A value, taken apart."""

    context: str
    selection: str
    """``{ field }`` or ``... on A { x } ... on B { y }``; empty when nothing is selected."""


def parse_context_value(text: str) -> ContextValue | None:
    """Take a value apart; ``None`` when it names no context."""
    match = _VALUE.fullmatch(text)
    if match is None:
        return None
    selection = match["selection"].strip(" \t\r\n,")
    if selection and not selection.startswith(("{", "...")):
        selection = f"{{ {selection} }}"
    return ContextValue(match["context"], selection)


def context_types(subgraph: SubgraphSchema) -> dict[str, list[str]]:
    """Return context name → the types that set it, in order of definition."""
    found: dict[str, list[str]] = {}
    for type_ in subgraph.types.values():
        for directive in type_.applied("context"):
            name = directive.string("name")
            if name is not None and type_.name not in found.setdefault(name, []):
                found[name].append(type_.name)
    return found


def contextual_arguments(
    subgraph: SubgraphSchema,
) -> Iterator[tuple[SubgraphType, OutputField, InputValue]]:
    """Yield every argument with ``@fromContext``, with its field and type."""
    for type_, field in subgraph.output_fields():
        for argument in field.arguments.values():
            if argument.has("fromContext"):
                yield type_, field, argument


def context_visits(subgraph: SubgraphSchema) -> Iterator[Visit]:
    """Yield the fields that arguments read of the objects that set their contexts."""
    types: dict[str, list[str]] | None = None
    for _, _, argument in contextual_arguments(subgraph):
        directive = argument.first("fromContext")
        value = parse_context_value((directive.string("field") if directive else None) or "")
        if value is None:
            continue
        types = context_types(subgraph) if types is None else types
        try:
            selections = parse_field_set(value.selection)
        except FieldSetInvalid:
            continue
        for name in types.get(value.context, ()):
            yield from walk_field_set(subgraph, name, selections)
