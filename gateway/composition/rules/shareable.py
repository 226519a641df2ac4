"""``@shareable``: once per declaration, on what is resolved, and not on subscriptions, which have one source each."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import (
    AppliedDirective,
    OutputField,
    SubgraphSchema,
    SubgraphType,
)
from gateway.supergraph.type_kinds import TypeKind


def check_shareable(subgraph: SubgraphSchema, usage: FieldUsage, report: Report) -> None:
    """Report ``@shareable`` where it cannot be."""
    for type_ in subgraph.types.values():
        _check_repeats(subgraph, type_, type_.name, report)
        for field in type_.fields.values():
            coordinate = f"{type_.name}.{field.name}"
            _check_repeats(subgraph, field, coordinate, report)
            if type_.kind is TypeKind.INTERFACE and field.has("shareable"):
                report.error(
                    CompositionCode.INVALID_SHAREABLE_USAGE,
                    f'"{coordinate}" in subgraph "{subgraph.name}" cannot be shareable: fields of'
                    " interfaces are not resolved as such.",
                    at=[field.location],
                    coordinate=coordinate,
                )
            if type_.name == "Subscription" and (type_.name, field.name) in usage.shareable:
                report.error(
                    CompositionCode.INVALID_FIELD_SHARING,
                    f'"{coordinate}" in subgraph "{subgraph.name}" cannot be shareable: a'
                    " subscription comes from one subgraph.",
                    at=[field.location],
                    coordinate=coordinate,
                )


def _check_repeats(
    subgraph: SubgraphSchema, element: SubgraphType | OutputField, coordinate: str, report: Report
) -> None:
    """On a type it may be repeated, but only on different declarations of it."""
    seen: dict[bool, AppliedDirective] = {}
    for directive in element.applied("shareable"):
        if directive.on_extension in seen and not directive.on_extension:
            report.error(
                CompositionCode.INVALID_SHAREABLE_USAGE,
                f'"{coordinate}" in subgraph "{subgraph.name}" is marked @shareable twice.',
                at=[seen[directive.on_extension].location, directive.location],
                coordinate=coordinate,
            )
        seen[directive.on_extension] = directive
