"""Interfaces: every field of any subgraph; interface objects count as the interface they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.subgraph_schema import SubgraphType
from gateway.composition.supergraph_model import JoinField, MergedField, MergedSchema, MergedType
from gateway.supergraph.type_kinds import TypeKind

from .context import MergeContext, Source, locations, parts_by_name
from .fields import merge_field


def merge_interface(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """Add the fields and the interfaces of an interface type."""
    merged.implements += [(s.graph, i) for s in sources for i in s.element.interfaces]
    for name, found in parts_by_name(sources, lambda type_: type_.fields).items():
        merged.fields[name], _ = merge_field(context, merged.name, sources, found)
        missing = [s.graph for s in sources if name not in s.element.fields]
        # Interface objects are there to differ.
        if missing and all(s.element.kind is TypeKind.INTERFACE for s in sources):
            context.report.hint(
                HintCode.INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD,
                f'"{merged.name}.{name}" is unknown to {context.named(missing)}.',
                at=locations(found),
                coordinate=f"{merged.name}.{name}",
            )


def add_interface_object_fields(context: MergeContext, schema: MergedSchema) -> None:
    """Give implementations the fields that only an interface object resolves for them."""
    for interface in schema.types.values():
        graphs = {join.graph for join in interface.joins if join.is_interface_object}
        if interface.kind is not TypeKind.INTERFACE or not graphs:
            continue
        for field in interface.fields.values():
            if any(
                field.name in context.subgraphs[graph].types[interface.name].fields
                and not context.is_external(graph, interface.name, field.name)
                for graph in graphs
            ):
                _add_to_implementations(schema, interface, field)


def _add_to_implementations(
    schema: MergedSchema, interface: MergedType, field: MergedField
) -> None:
    for name in schema.implementations(interface.name):
        type_ = schema.types[name]
        if field.name not in type_.fields:
            type_.fields[field.name] = MergedField(
                name=field.name,
                description=field.description,
                directives=list(field.directives),
                type=field.type,
                arguments=dict(field.arguments),
                joins=[JoinField(graph=None)],
            )


def check_interface_objects(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], name: str
) -> None:
    """An interface object stands for an interface of another subgraph, and for all its implementations."""
    objects = context.interface_objects.get(name, ())
    if len(objects) == len(sources):
        context.report.error(
            CompositionCode.INTERFACE_OBJECT_USAGE_ERROR,
            f'"{name}" is an interface object in {context.named(s.graph for s in sources)},'
            " but no subgraph defines the interface.",
            at=locations(sources),
            coordinate=name,
        )
    implementations = context.implementations.get(name, frozenset())
    for source in objects:
        own = context.subgraphs[source.graph].types
        for known in sorted(implementations & own.keys()):
            context.report.error(
                CompositionCode.INTERFACE_OBJECT_USAGE_ERROR,
                f'"{name}" is an interface object in {context.named([source.graph])}, which then'
                f' cannot also define "{known}", one of its implementations.',
                at=[source.element.location, own[known].location],
                coordinate=name,
            )


def check_implementations_known(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """A subgraph that resolves an interface by key has to know every type that may come of it."""
    for source in sources:
        if source.element.kind is not TypeKind.INTERFACE or not source.element.has_resolvable_key:
            continue
        known = context.subgraphs[source.graph].implementations(merged.name)
        missing = sorted(context.implementations.get(merged.name, frozenset()).difference(known))
        if missing:
            listed = ", ".join(f'"{name}"' for name in missing)
            context.report.error(
                CompositionCode.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE,
                f'"{merged.name}" has a key in {context.named([source.graph])}, which does not know'
                f" all its implementations: {listed} missing.",
                at=[source.element.location],
                coordinate=merged.name,
            )
