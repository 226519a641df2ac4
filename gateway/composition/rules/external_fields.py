"""``@external``: on a field that some directive or interface here has a use for, and never on an interface's."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind


def check_external_fields(subgraph: SubgraphSchema, usage: FieldUsage, report: Report) -> None:
    """Report external fields without a use."""
    for type_, field in subgraph.output_fields():
        coordinate = f"{type_.name}.{field.name}"
        if type_.kind is TypeKind.INTERFACE:
            if field.has("external"):
                report.error(
                    CompositionCode.EXTERNAL_ON_INTERFACE,
                    f'"{coordinate}" in subgraph "{subgraph.name}" is external, but no field of an'
                    " interface is resolved as such.",
                    at=[field.location],
                    coordinate=coordinate,
                )
        elif (type_.name, field.name) in usage.external - usage.used:
            report.error(
                CompositionCode.EXTERNAL_UNUSED,
                f'"{coordinate}" in subgraph "{subgraph.name}" is external, but no @key, @requires,'
                " @provides or interface there uses it: it can be removed.",
                at=[field.location],
                coordinate=coordinate,
            )
