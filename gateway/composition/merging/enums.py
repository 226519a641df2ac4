"""Enums: by how they are used, every value that may be returned, or only those that all subgraphs accept."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.subgraph_schema import EnumValue, SubgraphType
from gateway.composition.supergraph_model import MergedEnumValue, MergedType

from .context import MergeContext, Source, locations, parts_by_name
from .descriptions import merge_description
from .directives import merge_directives


def merge_enum(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """Add the values: a union for output, the intersection for input, equality when both."""
    is_input = merged.name in context.input_enums
    is_output = merged.name in context.output_enums
    if not is_input and not is_output:
        context.report.hint(
            HintCode.UNUSED_ENUM_TYPE,
            f'The enum "{merged.name}" is not used by any field or argument.',
            at=locations(sources),
            coordinate=merged.name,
        )
    for name, found in parts_by_name(sources, lambda type_: type_.values).items():
        value = _merge_value(context, found, f"{merged.name}.{name}")
        if len(value.graphs) < len(sources) and not value.is_inaccessible:
            keep = _report_partial(
                context, sources, merged.name, value, is_input=is_input, is_output=is_output
            )
            if not keep:
                continue
        merged.values[name] = value
    if not merged.values:
        context.report.error(
            CompositionCode.EMPTY_MERGED_ENUM_TYPE,
            f'No value of the enum "{merged.name}" is known to all of'
            f" {context.named(s.graph for s in sources)}, and it is used as input.",
            at=locations(sources),
            coordinate=merged.name,
        )


def _merge_value(
    context: MergeContext, found: Sequence[Source[EnumValue]], coordinate: str
) -> MergedEnumValue:
    return MergedEnumValue(
        name=found[0].element.name,
        description=merge_description(context, found, coordinate),
        directives=merge_directives(context, found, coordinate),
        graphs=[s.graph for s in found],
    )


def _report_partial(
    context: MergeContext,
    sources: Sequence[Source[SubgraphType]],
    enum: str,
    value: MergedEnumValue,
    *,
    is_input: bool,
    is_output: bool,
) -> bool:
    """Report a value that only some subgraphs have; return whether it stays."""
    coordinate = f"{enum}.{value.name}"
    having = [s for s in sources if s.graph in value.graphs]
    missing = [s.graph for s in sources if s.graph not in value.graphs]
    if is_input and is_output:
        context.report.error(
            CompositionCode.ENUM_VALUE_MISMATCH,
            f'"{coordinate}" is unknown to {context.named(missing)}. The enum is used both as input'
            " and as output, so that its values have to be the same everywhere.",
            at=[s.element.values[value.name].location for s in having],
            coordinate=coordinate,
        )
        return True
    context.report.hint(
        HintCode.INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM
        if is_input
        else HintCode.INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM,
        f'"{coordinate}" is unknown to {context.named(missing)}'
        + (" and left out, since the enum is used as input." if is_input else "."),
        at=[s.element.values[value.name].location for s in having],
        coordinate=coordinate,
    )
    return not is_input
