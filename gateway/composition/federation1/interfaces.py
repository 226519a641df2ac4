"""Directives on interfaces: Federation 1 took ``@key`` and others there, and ignored them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import COMPOSITE_KINDS, TypeKind

from .directives import drop


def check_keyed_interfaces(
    subgraph: SubgraphSchema, others: Sequence[SubgraphSchema], report: Report
) -> None:
    """Report keyed interfaces that others take for interface objects: here the key would be ignored."""
    for type_ in subgraph.types.values():
        if type_.kind is not TypeKind.INTERFACE or not type_.has("key"):
            continue
        objects = [
            other.types[type_.name]
            for other in others
            if type_.name in other.types and other.types[type_.name].is_interface_object
        ]
        if objects:
            report.error(
                CompositionCode.INTERFACE_OBJECT_USAGE_ERROR,
                f'"{type_.name}" is an interface object elsewhere, which subgraph'
                f' "{subgraph.name}" has to link federation v2.3 for.',
                at=[type_.location, *(found.location for found in objects)],
                coordinate=type_.name,
            )


def drop_interface_directives(
    subgraph: SubgraphSchema, _others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Drop keys, ``@requires`` and ``@provides`` of interfaces, and ``@provides`` on leaves."""
    for type_ in subgraph.types.values():
        if type_.kind is TypeKind.INTERFACE:
            drop(type_, {"key"})
        for field in type_.fields.values():
            if type_.kind is TypeKind.INTERFACE:
                drop(field, {"requires", "provides"})
            elif subgraph.kind(field.type.name) not in COMPOSITE_KINDS:
                drop(field, {"provides"})
