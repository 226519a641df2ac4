"""Arguments of fields: those that all subgraphs resolving the field know."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.subgraph_schema import InputValue, OutputField
from gateway.composition.supergraph_model import MergedInputValue

from .context import MergeContext, Source, locations, parts_by_name
from .input_values import ARGUMENT, merge_input_value, report_missing


def merge_arguments(
    context: MergeContext, sources: Sequence[Source[OutputField]], coordinate: str
) -> dict[str, MergedInputValue]:
    """Merge the arguments of one field, in order of first appearance."""
    merged: dict[str, MergedInputValue] = {}
    for name, found in parts_by_name(sources, lambda field: field.arguments).items():
        place = f"{coordinate}({name}:)"
        if any(s.element.has("fromContext") for s in found):
            _report_partly_contextual(context, found, place)
        elif len(found) == len(sources):
            merged[name] = merge_input_value(context, found, place, ARGUMENT)
        else:
            report_missing(context, found, (s.graph for s in sources), place, ARGUMENT)
    return merged


def _report_partly_contextual(
    context: MergeContext, found: Sequence[Source[InputValue]], coordinate: str
) -> None:
    """Clients cannot send what one subgraph takes from a context, so no other one may count on it."""
    ordinary = [s for s in found if not s.element.has("fromContext")]
    required = [s for s in ordinary if s.element.is_required]
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
