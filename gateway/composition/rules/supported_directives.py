"""Refuses directives that are known and not supported: leaving them out would change what a query returns."""

from __future__ import annotations

from gateway.composition.errors import CompositionCode, Report
from gateway.composition.federation_spec import UNSUPPORTED_DIRECTIVES
from gateway.composition.field_usage import FieldUsage
from gateway.composition.subgraph_schema import SubgraphSchema


def check_supported_directives(
    subgraph: SubgraphSchema, _usage: FieldUsage, report: Report
) -> None:
    """Report every use of such a directive."""
    elements = [(type_.name, type_.directives) for type_ in subgraph.types.values()]
    for type_, field in subgraph.output_fields():
        coordinate = f"{type_.name}.{field.name}"
        elements.append((coordinate, field.directives))
        elements += [(f"{coordinate}({a.name}:)", a.directives) for a in field.arguments.values()]
    for coordinate, directives in elements:
        for directive in directives:
            if directive.spec in UNSUPPORTED_DIRECTIVES:
                report.error(
                    CompositionCode.UNSUPPORTED_FEATURE,
                    f'@{directive.name} on "{coordinate}" in subgraph "{subgraph.name}"'
                    " is not supported.",
                    at=[directive.location],
                    coordinate=coordinate,
                )
