"""Field sets of Federation 1: also written as lists or bare names, and naming fields that need no directive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphql import EnumValueNode, ListValueNode, StringValueNode, ValueNode

from gateway.composition.constants import print_constant
from gateway.composition.field_sets import (
    FieldSetInvalid,
    SelectedField,
    SelectedFragment,
    Selection,
    parse_field_set,
)
from gateway.composition.field_usage import FieldUsage, find_field_usage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import Element, SubgraphSchema

from .directives import swap


def write_field_sets_as_strings(
    subgraph: SubgraphSchema, _others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Turn ``fields: ["id", "name"]`` and ``fields: id`` into strings."""
    elements: list[Element] = [*subgraph.types.values()]
    elements += [field for _, field in subgraph.output_fields()]
    for element in elements:
        for directive in element.directives:
            fields = directive.arguments.get("fields")
            if directive.spec in ("key", "requires", "provides") and fields is not None:
                text = _as_text(fields)
                if text is not None:
                    arguments = {**directive.arguments, "fields": StringValueNode(value=text)}
                    swap(element, directive, replace(directive, arguments=arguments))


def _as_text(node: ValueNode) -> str | None:
    """Return the string that is meant, or ``None`` when the value is one already, or nothing that could be."""
    match node:
        case EnumValueNode():
            return node.value
        case ListValueNode():
            parts = [v.value for v in node.values if isinstance(v, StringValueNode | EnumValueNode)]
            return " ".join(parts) if len(parts) == len(node.values) else None
        case _:
            return None


def drop_inactive_selections(
    subgraph: SubgraphSchema, _others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Drop what is not external from ``@requires`` and ``@provides``: it is resolved here in any case."""
    usage = find_field_usage(subgraph)
    for type_, field in subgraph.output_fields():
        for directive in (*field.applied("requires"), *field.applied("provides")):
            parent = type_.name if directive.spec == "requires" else field.type.name
            text = directive.string("fields")
            try:
                selections = parse_field_set(text) if text is not None else None
            except FieldSetInvalid:
                continue
            if selections is None:
                continue
            active = _active(subgraph, usage, parent, selections)
            if active == selections:
                continue
            arguments = {
                **directive.arguments,
                "fields": StringValueNode(value=_print(active)),
            }
            swap(field, directive, replace(directive, arguments=arguments) if active else None)


def _active(
    subgraph: SubgraphSchema, usage: FieldUsage, parent: str, selections: tuple[Selection, ...]
) -> tuple[Selection, ...]:
    kept: list[Selection] = []
    for selection in selections:
        if isinstance(selection, SelectedFragment):
            inner = _active(
                subgraph, usage, selection.type_condition or parent, selection.selections
            )
            if inner:
                kept.append(replace(selection, selections=inner))
            continue
        type_ = subgraph.types.get(parent)
        field = type_.fields.get(selection.name) if type_ is not None else None
        # What does not exist is left for the rules to report.
        if field is None or (parent, selection.name) in usage.external:
            kept.append(selection)
        elif selection.selections:
            inner = _active(subgraph, usage, field.type.name, selection.selections)
            if inner:
                kept.append(replace(selection, selections=inner))
    return tuple(kept)


def _print(selections: tuple[Selection, ...]) -> str:
    return " ".join(_print_one(selection) for selection in selections)


def _print_one(selection: Selection) -> str:
    body = f" {{ {_print(selection.selections)} }}" if selection.selections else ""
    if isinstance(selection, SelectedField):
        arguments = ", ".join(f"{n}: {print_constant(v)}" for n, v in selection.arguments)
        return f"{selection.name}{f'({arguments})' if arguments else ''}{body}"
    condition = f" on {selection.type_condition}" if selection.type_condition else ""
    return f"...{condition}{body}"
