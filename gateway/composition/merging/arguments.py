"""Arguments of fields: those that all subgraphs resolving the field know."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.errors import CompositionCode, HintCode
from gateway.composition.subgraph_schema import InputValue, OutputField
from gateway.composition.supergraph_model import MergedInputValue

from .context import MergeContext, Source, locations
from .input_values import is_required, merge_input_value


def merge_arguments(
    context: MergeContext, sources: Sequence[Source[OutputField]], coordinate: str
) -> dict[str, MergedInputValue]:
    """Merge the arguments of one field, in order of first appearance."""
    names = dict.fromkeys(name for source in sources for name in source.element.arguments)
    merged: dict[str, MergedInputValue] = {}
    for name in names:
        found = [
            Source(s.graph, s.element.arguments[name])
            for s in sources
            if name in s.element.arguments
        ]
        place = f"{coordinate}({name}:)"
        if any(s.element.has("fromContext") for s in found):
            _report_partly_contextual(context, found, place)
        elif len(found) == len(sources):
            merged[name] = merge_input_value(context, found, place)
        else:
            _report_missing(context, sources, found, place)
    return merged


def _report_partly_contextual(
    context: MergeContext, found: Sequence[Source[InputValue]], coordinate: str
) -> None:
    """Clients cannot send what one subgraph takes from a context, so no other one may count on it."""
    ordinary = [s for s in found if not s.element.has("fromContext")]
    required = [s for s in ordinary if is_required(s.element)]
    if required:
        context.report.error(
            CompositionCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
            f'"{coordinate}" comes from a context elsewhere, so that clients cannot send it, but is'
            f" required in {context.named(s.graph for s in required)}.",
            at=locations(required),
            coordinate=coordinate,
        )
    elif ordinary:
        context.report.hint(
            HintCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
            f'"{coordinate}" comes from a context elsewhere, so that clients cannot send it to'
            f" {context.named(s.graph for s in ordinary)}.",
            at=locations(ordinary),
            coordinate=coordinate,
        )


def _report_missing(
    context: MergeContext,
    sources: Sequence[Source[OutputField]],
    found: Sequence[Source[InputValue]],
    coordinate: str,
) -> None:
    present = {s.graph for s in found}
    missing = [s.graph for s in sources if s.graph not in present]
    required = [s for s in found if is_required(s.element)]
    if required:
        context.report.error(
            CompositionCode.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH,
            f'"{coordinate}" is required in {context.named(s.graph for s in required)}'
            f" and unknown to {context.named(missing)}.",
            at=locations(required),
            coordinate=coordinate,
        )
    else:
        context.report.hint(
            HintCode.INCONSISTENT_ARGUMENT_PRESENCE,
            f'"{coordinate}" is left out: it is unknown to {context.named(missing)}.',
            at=locations(found),
            coordinate=coordinate,
        )
