"""What arguments and input fields have in common: only what every subgraph accepts can be sent."""

from __future__ import annotations

from collections.abc import Sequence

from graphql import ConstValueNode

from gateway.composition.constants import canonical_constant, print_constant
from gateway.composition.errors import CompositionCode, HintCode
from gateway.composition.subgraph_schema import InputValue
from gateway.composition.supergraph_model import MergedInputValue
from gateway.composition.type_refs import NonNull

from .context import MergeContext, Source, locations
from .descriptions import merge_description
from .directives import merge_directives
from .type_references import merge_input_type


def merge_input_value(
    context: MergeContext, sources: Sequence[Source[InputValue]], coordinate: str
) -> MergedInputValue:
    """Merge one argument or input field."""
    return MergedInputValue(
        name=sources[0].element.name,
        description=merge_description(context, sources, coordinate),
        directives=merge_directives(context, sources, coordinate),
        type=merge_input_type(context, sources, coordinate),
        default=_merge_default(context, sources, coordinate),
    )


def is_required(value: InputValue) -> bool:
    """Whether a client has to give it. Spec: GraphQL, "Required Arguments"."""
    return isinstance(value.type, NonNull) and value.default is None


def is_hidden(sources: Sequence[Source[InputValue]]) -> bool:
    """Whether any subgraph marks it inaccessible, so that clients never send it."""
    return any(source.element.has("inaccessible") for source in sources)


def _merge_default(
    context: MergeContext, sources: Sequence[Source[InputValue]], coordinate: str
) -> ConstValueNode | None:
    """Return the default that all subgraphs share; one that only some have is dropped, with a hint."""
    with_default = [(s, s.element.default) for s in sources if s.element.default is not None]
    if not with_default:
        return None
    texts = {canonical_constant(default): default for _, default in with_default if default}
    if len(texts) > 1:
        is_argument = coordinate.endswith(":)")
        context.report.error(
            CompositionCode.FIELD_ARGUMENT_DEFAULT_MISMATCH
            if is_argument
            else CompositionCode.INPUT_FIELD_DEFAULT_MISMATCH,
            f'"{coordinate}" has different defaults in different subgraphs: '
            + ", ".join(
                f"{print_constant(default)} in {context.named([s.graph])}"
                for s, default in with_default
                if default is not None
            )
            + ".",
            at=[s.element.location for s, _ in with_default],
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
