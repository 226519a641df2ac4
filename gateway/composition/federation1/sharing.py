"""Sharing: Federation 1 let any subgraphs resolve the same field, which Federation 2 wants to be told."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.field_sets import FieldRef
from gateway.composition.field_usage import FieldUsage, find_field_usage
from gateway.composition.subgraph_schema import SubgraphSchema, SubgraphType
from gateway.supergraph.built_in import ROOT_TYPES
from gateway.supergraph.type_kinds import TypeKind

from .directives import SHAREABLE


def share_what_several_resolve(subgraphs: Sequence[SubgraphSchema]) -> None:
    """Mark the fields of value types that others have, too, and other fields that others resolve.

    For all subgraphs at once, since each of them is looked at for every other one.
    """
    usages = [find_field_usage(subgraph) for subgraph in subgraphs]
    unresolved = [
        (subgraph, usage.external - usage.provided)
        for subgraph, usage in zip(subgraphs, usages, strict=True)
    ]
    for subgraph, usage in zip(subgraphs, usages, strict=True):
        if subgraph.federation_version is None:
            _share(subgraph, usage, [pair for pair in unresolved if pair[0] is not subgraph])


def _share(
    subgraph: SubgraphSchema,
    usage: FieldUsage,
    others: Sequence[tuple[SubgraphSchema, set[FieldRef]]],
) -> None:
    for type_ in subgraph.types.values():
        if type_.kind is not TypeKind.OBJECT or type_.name == "Subscription":
            continue
        elsewhere = [
            (other.types[type_.name], fields)
            for other, fields in others
            if type_.name in other.types
        ]
        for field in type_.fields.values():
            ref = (type_.name, field.name)
            if ref in usage.external or ref in usage.shareable:
                continue
            is_resolved_elsewhere = any(
                field.name in other.fields and ref not in fields for other, fields in elsewhere
            )
            if is_resolved_elsewhere or (elsewhere and _is_value_type(type_)):
                field.directives += (SHAREABLE,)


def _is_value_type(type_: SubgraphType) -> bool:
    return type_.name not in ROOT_TYPES and not type_.has("key")
