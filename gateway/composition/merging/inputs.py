"""Input types: the fields that all subgraphs accept."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.errors import CompositionCode, HintCode
from gateway.composition.subgraph_schema import InputValue, SubgraphType
from gateway.composition.supergraph_model import JoinField, MergedType

from .context import MergeContext, Source, locations
from .input_values import is_hidden, is_required, merge_input_value


def merge_input(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """Add the fields; hidden ones may be missing in some subgraphs, since no client sends them."""
    names = dict.fromkeys(name for source in sources for name in source.element.input_fields)
    for name in names:
        found = [
            Source(s.graph, s.element.input_fields[name])
            for s in sources
            if name in s.element.input_fields
        ]
        coordinate = f"{merged.name}.{name}"
        if len(found) < len(sources) and not is_hidden(found):
            _report_missing(context, sources, found, coordinate)
            continue
        field = merge_input_value(context, found, coordinate)
        types = {str(s.element.type) for s in found}
        if len(types) > 1 or len(found) < len(sources):
            field.joins = [
                JoinField(graph=s.graph, type=str(s.element.type) if len(types) > 1 else None)
                for s in found
            ]
        merged.input_fields[name] = field
    if not merged.input_fields:
        context.report.error(
            CompositionCode.EMPTY_MERGED_INPUT_TYPE,
            f'No field of the input type "{merged.name}" is known to all of'
            f" {context.named(s.graph for s in sources)}.",
            at=locations(sources),
            coordinate=merged.name,
        )


def _report_missing(
    context: MergeContext,
    sources: Sequence[Source[SubgraphType]],
    found: Sequence[Source[InputValue]],
    coordinate: str,
) -> None:
    present = {s.graph for s in found}
    missing = [s.graph for s in sources if s.graph not in present]
    required = [s for s in found if is_required(s.element)]
    if required:
        context.report.error(
            CompositionCode.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH,
            f'"{coordinate}" is required in {context.named(s.graph for s in required)}'
            f" and unknown to {context.named(missing)}.",
            at=locations(required),
            coordinate=coordinate,
        )
    else:
        context.report.hint(
            HintCode.INCONSISTENT_INPUT_OBJECT_FIELD,
            f'"{coordinate}" is left out: it is unknown to {context.named(missing)}.',
            at=locations(found),
            coordinate=coordinate,
        )
