"""Sharing: Federation 1 let any subgraphs resolve the same field, which Federation 2 wants to be told."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.errors import Report
from gateway.composition.field_usage import Coordinate, find_field_usage
from gateway.composition.subgraph_schema import ROOT_TYPES, SubgraphSchema, SubgraphType, TypeKind

from .directives import SHAREABLE


def share_what_several_resolve(
    subgraph: SubgraphSchema, others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Mark the fields of value types that others have, too, and other fields that others resolve."""
    usage = find_field_usage(subgraph)
    unresolved = [_unresolved_fields(other) for other in others]
    for type_ in subgraph.types.values():
        if type_.kind is not TypeKind.OBJECT or type_.name == "Subscription":
            continue
        elsewhere = [
            (other.types[type_.name], fields)
            for other, fields in zip(others, unresolved, strict=True)
            if type_.name in other.types
        ]
        for field in type_.fields.values():
            coordinate = (type_.name, field.name)
            if coordinate in usage.external or coordinate in usage.shareable:
                continue
            is_resolved_elsewhere = any(
                field.name in other.fields and coordinate not in fields
                for other, fields in elsewhere
            )
            if is_resolved_elsewhere or (elsewhere and _is_value_type(type_)):
                field.directives += (SHAREABLE,)


def _unresolved_fields(subgraph: SubgraphSchema) -> set[Coordinate]:
    usage = find_field_usage(subgraph)
    return usage.external - usage.provided


def _is_value_type(type_: SubgraphType) -> bool:
    return type_.name not in ROOT_TYPES and not type_.has("key")
