"""``@external`` in Federation 1: often without effect, and then dropped together with the field it is on."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import find_field_usage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind

from .directives import drop


def drop_external_marks(
    subgraph: SubgraphSchema, _others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Drop ``@external`` from whole types and from fields of interfaces, where it never meant anything."""
    for type_ in subgraph.types.values():
        drop(type_, {"external"})
        if type_.kind is TypeKind.INTERFACE:
            for field in type_.fields.values():
                drop(field, {"external"})


def drop_unused_external_fields(
    subgraph: SubgraphSchema, _others: Sequence[SubgraphSchema], report: Report
) -> None:
    """Drop external fields that no directive or interface uses, and types of which nothing is left."""
    usage = find_field_usage(subgraph)
    unused = usage.external - usage.used
    for type_name, field_name in unused:
        del subgraph.types[type_name].fields[field_name]
    emptied = {name for name, _ in unused if not subgraph.types[name].fields}
    referenced = _referenced(subgraph)
    for name in sorted(emptied):
        if name not in referenced:
            del subgraph.types[name]
            continue
        report.error(
            CompositionCode.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
            f'"{name}" in subgraph "{subgraph.name}" has only external fields that nothing uses.',
            at=[subgraph.types[name].location],
            coordinate=name,
        )


def _referenced(subgraph: SubgraphSchema) -> set[str]:
    fields = {field.type.name for _, field in subgraph.output_fields()}
    return fields | {name for type_ in subgraph.types.values() for name in type_.members}
