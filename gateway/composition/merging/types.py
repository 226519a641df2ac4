"""Types: gathers each name's versions from all subgraphs, checks that they are of one kind, and merges them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gateway.composition.codes import CompositionCode
from gateway.composition.subgraph_schema import SubgraphType
from gateway.composition.supergraph_model import JoinType, MergedType
from gateway.supergraph.type_kinds import TypeKind

from .context import MergeContext, Source, locations
from .descriptions import merge_description
from .directives import merge_directives
from .enums import merge_enum
from .inputs import merge_input
from .interfaces import check_implementations_known, check_interface_objects, merge_interface
from .objects import merge_object
from .scalars import merge_scalar
from .unions import merge_union

_MERGE: Mapping[
    TypeKind, Callable[[MergeContext, Sequence[Source[SubgraphType]], MergedType], None]
] = {
    TypeKind.SCALAR: merge_scalar,
    TypeKind.OBJECT: merge_object,
    TypeKind.INTERFACE: merge_interface,
    TypeKind.UNION: merge_union,
    TypeKind.ENUM: merge_enum,
    TypeKind.INPUT_OBJECT: merge_input,
}


def merge_types(context: MergeContext) -> dict[str, MergedType]:
    """Merge all types, in order of first appearance."""
    return {name: _merge_type(context, name, sources) for name, sources in context.types.items()}


def _merge_type(
    context: MergeContext, name: str, sources: Sequence[Source[SubgraphType]]
) -> MergedType:
    kinds: dict[TypeKind, list[Source[SubgraphType]]] = {}
    for source in sources:
        kinds.setdefault(_kind(source.element), []).append(source)
    if len(kinds) > 1:
        listing = ", ".join(
            f"{kind} in {context.named(s.graph for s in found)}" for kind, found in kinds.items()
        )
        context.report.error(
            CompositionCode.TYPE_KIND_MISMATCH,
            f'"{name}" is of different kinds in different subgraphs: {listing}.',
            at=locations(sources),
            coordinate=name,
        )
        # Go on with one kind, so that faults elsewhere still come to light.
        sources = next(iter(kinds.values()))
    kind = _kind(sources[0].element)
    merged = MergedType(
        name=name,
        description=merge_description(context, sources, name),
        directives=merge_directives(context, sources, name),
        kind=kind,
        joins=[join for source in sources for join in _joins(context, source)],
    )
    if kind is TypeKind.INTERFACE:
        check_interface_objects(context, sources, name)
        check_implementations_known(context, sources, merged)
    _MERGE[kind](context, sources, merged)
    return merged


def _kind(type_: SubgraphType) -> TypeKind:
    return TypeKind.INTERFACE if type_.is_interface_object else type_.kind


def _joins(context: MergeContext, source: Source[SubgraphType]) -> list[JoinType]:
    """Return one join per key, or exactly one without."""
    type_ = source.element
    is_interface_object = type_.is_interface_object
    keys = [
        (key, fields)
        for key in type_.applied("key")
        if (fields := context.field_set(source.graph, key))
    ]
    if not keys:
        return [JoinType(graph=source.graph, is_interface_object=is_interface_object)]
    return [
        JoinType(
            graph=source.graph,
            key=fields,
            extension=key.on_extension,
            resolvable=key.boolean("resolvable", default=True),
            is_interface_object=is_interface_object,
        )
        for key, fields in keys
    ]
