"""A field that reads protected data, by ``@requires`` or from a context, asks for no less than that data does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graphql import parse_const_value

from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import FieldSetInvalid, parse_field_set, walk_field_set
from gateway.composition.report import Report
from gateway.composition.supergraph_model import (
    JoinField,
    MergedElement,
    MergedField,
    MergedSchema,
    MergedType,
)
from gateway.supergraph.auth_conditions import (
    Condition,
    conjunction,
    implies,
    read_condition,
)

_ASKED: Condition = (("",),)
"""``@authenticated`` as a condition: one name, which only it can have."""


def check_transitive_auth(schema: MergedSchema, report: Report) -> None:
    """Report fields that would leak what they read."""
    setters = _context_setters(schema)
    for type_ in schema.types.values():
        for field in type_.fields.values():
            for join in field.joins:
                if join.graph is None or not (join.requires or join.context_arguments):
                    continue
                granted = _requirements((field, type_, *_returned(schema, field)))
                for parent, read in _reads(schema, setters, type_, join):
                    needed = _requirements((read, *_returned(schema, read)))
                    if all(implies(granted[kind], needed[kind]) for kind in needed):
                        continue
                    report.error(
                        CompositionCode.MISSING_TRANSITIVE_AUTH_REQUIREMENTS,
                        f'"{type_.name}.{field.name}" in subgraph'
                        f' "{schema.graphs[join.graph].name}" reads "{parent}.{read.name}",'
                        " but asks for less authorization than it.",
                        coordinate=f"{type_.name}.{field.name}",
                    )


def _context_setters(schema: MergedSchema) -> dict[str, list[str]]:
    """Return context → the types that set it."""
    found: dict[str, list[str]] = {}
    for type_ in schema.types.values():
        for directive in type_.directives:
            if directive.spec == "context":
                name = parse_const_value(dict(directive.arguments)["name"])
                found.setdefault(getattr(name, "value", ""), []).append(type_.name)
    return found


def _reads(
    schema: MergedSchema, setters: Mapping[str, list[str]], type_: MergedType, join: JoinField
) -> Iterator[tuple[str, MergedField]]:
    """Yield the fields that a graph reads in order to resolve one, each with its type."""
    field_sets = [(type_.name, join.requires)] if join.requires is not None else []
    field_sets += [
        (setter, argument.selection)
        for argument in join.context_arguments
        for setter in setters.get(argument.context, ())
    ]
    for parent, text in field_sets:
        try:
            selections = parse_field_set(text)
        except FieldSetInvalid:
            continue
        for visit in walk_field_set(schema, parent, selections):
            yield visit.parent, schema.types[visit.parent].fields[visit.selection.name]


def _returned(schema: MergedSchema, field: MergedField) -> Iterable[MergedElement]:
    type_ = schema.types.get(field.type.name)
    return () if type_ is None else (type_,)


def _requirements(elements: Iterable[MergedElement]) -> dict[str, Condition]:
    """Return what elements ask for together, by directive."""
    found: dict[str, list[Condition]] = {"authenticated": [], "requiresScopes": [], "policy": []}
    for element in elements:
        for directive in element.directives:
            if directive.spec == "authenticated":
                found["authenticated"].append(_ASKED)
            elif directive.spec in found:
                found[directive.spec] += [
                    read_condition(parse_const_value(value)) for _, value in directive.arguments
                ]
    return {
        kind: conjunction(conditions) if conditions else () for kind, conditions in found.items()
    }
