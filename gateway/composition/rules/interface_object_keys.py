"""``@interfaceObject``: what stands for an interface of other subgraphs is found by key."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema


def check_interface_object_keys(
    subgraph: SubgraphSchema, _usage: FieldUsage, report: Report
) -> None:
    """Report interface objects without a key."""
    for type_ in subgraph.types.values():
        if type_.is_interface_object and not type_.has("key"):
            report.error(
                CompositionCode.INTERFACE_OBJECT_USAGE_ERROR,
                f'"{type_.name}" in subgraph "{subgraph.name}" is an interface object without a key:'
                " nothing could be looked up by it.",
                at=[type_.location],
                coordinate=type_.name,
            )
