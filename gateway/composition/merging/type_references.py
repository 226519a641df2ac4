"""Types of fields: the most general that all subgraphs return. Types of arguments: the strictest that all accept."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.errors import CompositionCode, HintCode
from gateway.composition.subgraph_schema import InputValue, OutputField
from gateway.composition.type_refs import TypeRef, is_subtype

from .context import MergeContext, Source, locations


def merge_output_type(
    context: MergeContext, sources: Sequence[Source[OutputField]], coordinate: str
) -> TypeRef:
    """Return the common supertype: nullable beats non-null, an abstract type beats its members."""
    return _merge(context, sources, coordinate, output=True)


def merge_input_type(
    context: MergeContext, sources: Sequence[Source[InputValue]], coordinate: str
) -> TypeRef:
    """Return the common subtype: non-null beats nullable."""
    return _merge(context, sources, coordinate, output=False)


def _merge(
    context: MergeContext,
    sources: Sequence[Source[OutputField]] | Sequence[Source[InputValue]],
    coordinate: str,
    *,
    output: bool,
) -> TypeRef:
    merged = sources[0].element.type
    differs = False
    for source in sources[1:]:
        candidate = source.element.type
        if candidate == merged:
            continue
        differs = True
        lower, upper = (candidate, merged) if output else (merged, candidate)
        if is_subtype(lower, upper, context.is_subtype):
            continue
        if is_subtype(upper, lower, context.is_subtype):
            merged = candidate
            continue
        _report_mismatch(context, sources, coordinate)
        return merged
    if differs:
        context.report.hint(
            HintCode.INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE
            if _is_argument(coordinate)
            else HintCode.INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE,
            f'"{coordinate}" has different types in different subgraphs:'
            f" {_listing(context, sources)}; the supergraph has {merged}.",
            at=locations(sources),
            coordinate=coordinate,
        )
    return merged


def _report_mismatch(
    context: MergeContext,
    sources: Sequence[Source[OutputField]] | Sequence[Source[InputValue]],
    coordinate: str,
) -> None:
    context.report.error(
        CompositionCode.FIELD_ARGUMENT_TYPE_MISMATCH
        if _is_argument(coordinate)
        else CompositionCode.FIELD_TYPE_MISMATCH,
        f'"{coordinate}" has incompatible types in different subgraphs:'
        f" {_listing(context, sources)}.",
        at=locations(sources),
        coordinate=coordinate,
    )


def _is_argument(coordinate: str) -> bool:
    """Fields of input types share their codes with fields of objects, arguments have their own."""
    return coordinate.endswith(":)")


def _listing(
    context: MergeContext, sources: Sequence[Source[OutputField]] | Sequence[Source[InputValue]]
) -> str:
    graphs_by_type: dict[str, list[int]] = {}
    for source in sources:
        graphs_by_type.setdefault(str(source.element.type), []).append(source.graph)
    return ", ".join(
        f"{type_} in {context.named(graphs)}" for type_, graphs in graphs_by_type.items()
    )
