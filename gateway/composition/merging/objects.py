"""Object types: every field that any subgraph resolves, including through interface objects."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import HintCode
from gateway.composition.subgraph_schema import OutputField, SubgraphType
from gateway.composition.supergraph_model import MergedType
from gateway.supergraph.built_in import ROOT_TYPES

from .context import MergeContext, Source, locations, parts_by_name
from .fields import check_sharing, merge_field


def merge_object(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """Add the fields and the interfaces of an object type."""
    merged.implements += [(s.graph, i) for s in sources for i in s.element.interfaces]
    for name, found in parts_by_name(sources, lambda type_: type_.fields).items():
        through = interface_object_fields(context, merged.name, name)
        merged.fields[name], overrides = merge_field(
            context, merged.name, sources, found, [field for _, field in through]
        )
        check_sharing(context, merged.name, found, overrides, through)
    _hint_inconsistencies(context, sources, merged)


def interface_object_fields(
    context: MergeContext, type_name: str, field_name: str
) -> list[tuple[str, Source[OutputField]]]:
    """Return (interface, field) wherever a graph resolves a type's field through an interface object."""
    found: list[tuple[str, Source[OutputField]]] = []
    for interface in (
        context.supertypes.get(type_name, frozenset()) & context.interface_objects.keys()
    ):
        for source in context.interface_objects[interface]:
            field = source.element.fields.get(field_name)
            if (
                field is not None
                and type_name not in context.subgraphs[source.graph].types
                and not context.is_external(source.graph, interface, field_name)
            ):
                found.append((interface, Source(source.graph, field)))
    return sorted(found, key=lambda through: (through[1].graph, through[0]))


def _hint_inconsistencies(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    if merged.name in ROOT_TYPES or len(sources) < 2:
        return
    keyed = [s for s in sources if s.element.has("key")]
    if keyed:
        if len(keyed) < len(sources):
            present = {s.graph for s in keyed}
            context.report.hint(
                HintCode.INCONSISTENT_ENTITY,
                f'"{merged.name}" is an entity in {context.named(present)} and has no key in'
                f" {context.named(s.graph for s in sources if s.graph not in present)}.",
                at=locations(sources),
                coordinate=merged.name,
            )
        return
    # Who only knows the type by external fields never returns it.
    returning = [
        s
        for s in sources
        if not all(context.is_external(s.graph, merged.name, f) for f in s.element.fields)
    ]
    for name in merged.fields:
        missing = [s.graph for s in returning if name not in s.element.fields]
        if missing:
            context.report.hint(
                HintCode.INCONSISTENT_OBJECT_VALUE_TYPE_FIELD,
                f'"{merged.name}.{name}" is unknown to {context.named(missing)}: it can be'
                " queried only where another subgraph returns the object.",
                at=locations(sources),
                coordinate=f"{merged.name}.{name}",
            )
