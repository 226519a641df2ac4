"""A field that ``@requires`` protected data passes it on, so it asks for no less than that data does."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import parse_const_value

from gateway.composition.errors import CompositionCode, Report
from gateway.composition.field_sets import FieldSetInvalid, parse_field_set, walk_field_set
from gateway.composition.merging.auth_conditions import (
    Condition,
    conjunction,
    implies,
    read_condition,
)
from gateway.composition.supergraph_model import MergedElement, MergedField, MergedSchema
from gateway.composition.type_refs import named_type

_ASKED: Condition = (("",),)
"""``@authenticated`` as a condition: one name, which only it can have."""


def check_transitive_auth(schema: MergedSchema, report: Report) -> None:
    """Report fields that would leak what they require."""
    for type_ in schema.types.values():
        for field in type_.fields.values():
            for join in field.joins:
                if join.requires is None or join.graph is None:
                    continue
                granted = _requirements((field, type_, *_returned(schema, field)))
                try:
                    selections = parse_field_set(join.requires)
                except FieldSetInvalid:
                    continue
                for visit in walk_field_set(schema, type_.name, selections):
                    read = schema.types[visit.parent].fields[visit.selection.name]
                    needed = _requirements((read, *_returned(schema, read)))
                    if all(implies(granted[kind], needed[kind]) for kind in needed):
                        continue
                    report.error(
                        CompositionCode.MISSING_TRANSITIVE_AUTH_REQUIREMENTS,
                        f'"{type_.name}.{field.name}" in subgraph'
                        f' "{schema.graphs[join.graph].name}" requires'
                        f' "{visit.parent}.{read.name}", but asks for less authorization than it.',
                        coordinate=f"{type_.name}.{field.name}",
                    )


def _returned(schema: MergedSchema, field: MergedField) -> Iterable[MergedElement]:
    type_ = schema.types.get(named_type(field.type))
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
