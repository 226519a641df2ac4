"""Authorization of interfaces: whoever asks through an interface needs what any implementation would ask for.

Composed interfaces carry the demands of all their implementations, on the type and on each field, so that a gateway
can decide by the coordinate in the query alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.federation_spec import AUTH_DIRECTIVES
from gateway.composition.subgraph_schema import AppliedDirective
from gateway.composition.supergraph_model import MergedElement, MergedSchema, MergedType
from gateway.supergraph.type_kinds import TypeKind

from .context import MergeContext
from .directives import merge_applications


def add_interface_requirements(context: MergeContext, schema: MergedSchema) -> None:
    """Give interfaces and their fields the demands of the objects that implement them."""
    for interface in schema.types.values():
        if interface.kind is not TypeKind.INTERFACE:
            continue
        owners = [interface.name, *sorted(schema.implementations(interface.name))]
        _replace(context, interface, list(_of_types(context, owners)))
        for field in interface.fields.values():
            _replace(context, field, list(_of_fields(context, owners, field.name)))


def _replace(
    context: MergeContext, element: MergedType | MergedElement, applied: list[AppliedDirective]
) -> None:
    kept = [d for d in element.directives if d.spec not in AUTH_DIRECTIVES]
    element.directives = [*kept, *merge_applications(context, applied)]


def _of_types(context: MergeContext, owners: list[str]) -> Iterator[AppliedDirective]:
    for subgraph in context.subgraphs:
        for name in owners:
            if name in subgraph.types:
                yield from subgraph.types[name].applied(*AUTH_DIRECTIVES)


def _of_fields(context: MergeContext, owners: list[str], field: str) -> Iterator[AppliedDirective]:
    for subgraph in context.subgraphs:
        for name in owners:
            type_ = subgraph.types.get(name)
            if type_ is not None and field in type_.fields:
                yield from type_.fields[field].applied(*AUTH_DIRECTIVES)
