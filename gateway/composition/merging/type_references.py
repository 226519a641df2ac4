"""Types of fields: the most general that all subgraphs return. Types of arguments: the strictest that all accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.subgraph_schema import InputValue, OutputField
from gateway.supergraph.type_ref import TypeRef, is_subtype

from .context import MergeContext, Source, locations


@dataclass(frozen=True, slots=True)
class TypeCodes:
    """How it is reported that types differ."""

    mismatch: CompositionCode
    difference: HintCode
    """They go together all the same."""


_OUTPUT = TypeCodes(
    CompositionCode.FIELD_TYPE_MISMATCH, HintCode.INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE
)


def merge_output_type(
    context: MergeContext, sources: Sequence[Source[OutputField]], coordinate: str
) -> TypeRef:
    """Return the common supertype: nullable beats non-null, an abstract type beats its members."""
    return _merge(context, sources, coordinate, _OUTPUT, is_output=True)


def merge_input_type(
    context: MergeContext, sources: Sequence[Source[InputValue]], coordinate: str, codes: TypeCodes
) -> TypeRef:
    """Return the common subtype: non-null beats nullable."""
    return _merge(context, sources, coordinate, codes, is_output=False)


def _merge(
    context: MergeContext,
    sources: Sequence[Source[OutputField]] | Sequence[Source[InputValue]],
    coordinate: str,
    codes: TypeCodes,
    *,
    is_output: bool,
) -> TypeRef:
    merged = sources[0].element.type
    differs = False
    for source in sources[1:]:
        candidate = source.element.type
        if candidate == merged:
            continue
        differs = True
        lower, upper = (candidate, merged) if is_output else (merged, candidate)
        if is_subtype(lower, upper, context.is_subtype):
            continue
        if is_subtype(upper, lower, context.is_subtype):
            merged = candidate
            continue
        context.report.error(
            codes.mismatch,
            f'"{coordinate}" has incompatible types in different subgraphs:'
            f" {_listing(context, sources)}.",
            at=locations(sources),
            coordinate=coordinate,
        )
        return merged
    if differs:
        context.report.hint(
            codes.difference,
            f'"{coordinate}" has different types in different subgraphs:'
            f" {_listing(context, sources)}; the supergraph has {merged}.",
            at=locations(sources),
            coordinate=coordinate,
        )
    return merged


def _listing(
    context: MergeContext, sources: Sequence[Source[OutputField]] | Sequence[Source[InputValue]]
) -> str:
    graphs_by_type: dict[str, list[int]] = {}
    for source in sources:
        graphs_by_type.setdefault(str(source.element.type), []).append(source.graph)
    return ", ".join(
        f"{type_} in {context.named(graphs)}" for type_, graphs in graphs_by_type.items()
    )
