"""Arguments and input fields: only what every subgraph accepts can be sent.

They merge alike and differ in the codes of what can go wrong, which is what an ``InputKind`` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graphql import ConstValueNode

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.constants import print_constant
from gateway.composition.subgraph_schema import InputValue
from gateway.composition.supergraph_model import MergedInputValue
from gateway.supergraph.argument_text import print_value

from .context import MergeContext, Source, locations
from .descriptions import merge_description
from .directives import merge_directives
from .type_references import TypeCodes, merge_input_type


@dataclass(frozen=True, slots=True, kw_only=True)
class InputKind:
    """What can be wrong with an argument, or with an input field."""

    types: TypeCodes
    default_mismatch: CompositionCode
    required_missing: CompositionCode
    """It is required by one subgraph and unknown to another."""

    optional_missing: HintCode
    """It is left out, being unknown to some subgraph."""


ARGUMENT = InputKind(
    types=TypeCodes(
        CompositionCode.FIELD_ARGUMENT_TYPE_MISMATCH,
        HintCode.INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE,
    ),
    default_mismatch=CompositionCode.FIELD_ARGUMENT_DEFAULT_MISMATCH,
    required_missing=CompositionCode.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH,
    optional_missing=HintCode.INCONSISTENT_ARGUMENT_PRESENCE,
)
INPUT_FIELD = InputKind(
    # Types of input fields have no codes of their own.
    types=TypeCodes(
        CompositionCode.FIELD_TYPE_MISMATCH, HintCode.INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE
    ),
    default_mismatch=CompositionCode.INPUT_FIELD_DEFAULT_MISMATCH,
    required_missing=CompositionCode.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH,
    optional_missing=HintCode.INCONSISTENT_INPUT_OBJECT_FIELD,
)


def merge_input_value(
    context: MergeContext, sources: Sequence[Source[InputValue]], coordinate: str, kind: InputKind
) -> MergedInputValue:
    """Merge one argument or input field."""
    return MergedInputValue(
        name=sources[0].element.name,
        description=merge_description(context, sources, coordinate),
        directives=merge_directives(context, sources, coordinate),
        type=merge_input_type(context, sources, coordinate, kind.types),
        default=_merge_default(context, sources, coordinate, kind),
    )


def report_missing(
    context: MergeContext,
    having: Sequence[Source[InputValue]],
    expected: Iterable[int],
    coordinate: str,
    kind: InputKind,
) -> None:
    """Report what only some of the ``expected`` graphs have: an error where one of these requires it."""
    present = {s.graph for s in having}
    missing = [graph for graph in expected if graph not in present]
    required = [s for s in having if s.element.is_required]
    if required:
        context.report.error(
            kind.required_missing,
            f'"{coordinate}" is required in {context.named(s.graph for s in required)}'
            f" and unknown to {context.named(missing)}.",
            at=locations(required),
            coordinate=coordinate,
        )
    else:
        context.report.hint(
            kind.optional_missing,
            f'"{coordinate}" is left out: it is unknown to {context.named(missing)}.',
            at=locations(having),
            coordinate=coordinate,
        )


def is_hidden(sources: Sequence[Source[InputValue]]) -> bool:
    """Whether any subgraph marks it inaccessible, so that clients never send it."""
    return any(source.element.has("inaccessible") for source in sources)


def _merge_default(
    context: MergeContext, sources: Sequence[Source[InputValue]], coordinate: str, kind: InputKind
) -> ConstValueNode | None:
    """Return the default that all subgraphs share; one that only some have is dropped, with a hint."""
    with_default = [(s, s.element.default) for s in sources if s.element.default is not None]
    if not with_default:
        return None
    if len({print_value(default) for _, default in with_default}) > 1:
        listing = ", ".join(
            f"{print_constant(default)} in {context.named([s.graph])}"
            for s, default in with_default
        )
        context.report.error(
            kind.default_mismatch,
            f'"{coordinate}" has different defaults in different subgraphs: {listing}.',
            at=locations(s for s, _ in with_default),
            coordinate=coordinate,
        )
        return None
    if len(with_default) < len(sources):
        context.report.hint(
            HintCode.INCONSISTENT_DEFAULT_VALUE_PRESENCE,
            f'"{coordinate}" has a default only in'
            f" {context.named(s.graph for s, _ in with_default)}; the supergraph has none.",
            at=locations(sources),
            coordinate=coordinate,
        )
        return None
    return with_default[0][1]
