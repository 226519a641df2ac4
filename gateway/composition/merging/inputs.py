"""Input types: the fields that all subgraphs accept."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode
from gateway.composition.subgraph_schema import SubgraphType
from gateway.composition.supergraph_model import JoinField, MergedType

from .context import MergeContext, Source, locations, parts_by_name
from .input_values import INPUT_FIELD, is_hidden, merge_input_value, report_missing


def merge_input(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """Add the fields; hidden ones may be missing in some subgraphs, since no client sends them."""
    for name, found in parts_by_name(sources, lambda type_: type_.input_fields).items():
        coordinate = f"{merged.name}.{name}"
        if len(found) < len(sources) and not is_hidden(found):
            report_missing(context, found, (s.graph for s in sources), coordinate, INPUT_FIELD)
            continue
        field = merge_input_value(context, found, coordinate, INPUT_FIELD)
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
