"""``@cost``: not on fields of interfaces, whose cost is that of their implementations."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind


def check_cost(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Report costs of interface fields."""
    for type_, field in subgraph.output_fields():
        if type_.kind is TypeKind.INTERFACE and field.has("cost"):
            coordinate = f"{type_.name}.{field.name}"
            report.error(
                CompositionCode.COST_APPLIED_TO_INTERFACE_FIELD,
                f'"{coordinate}" in subgraph "{subgraph.name}" cannot have a cost: it has that of'
                " the fields that implement it.",
                at=[field.location],
                coordinate=coordinate,
            )
