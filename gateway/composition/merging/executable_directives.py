"""Directives that clients may use: those that every subgraph defines, where all of them allow it."""

from __future__ import annotations

from collections.abc import Sequence

from graphql.language import DirectiveDefinitionNode

from gateway.composition.codes import HintCode
from gateway.composition.source_locations import location_of
from gateway.composition.subgraph_names import named_subgraphs
from gateway.composition.subgraph_schema import InputValue
from gateway.composition.supergraph_model import MergedDirectiveDefinition, MergedInputValue
from gateway.supergraph.built_in import EXECUTABLE_LOCATIONS

from .context import MergeContext, Source, locations
from .input_values import ARGUMENT, merge_input_value

_BUILT_IN = frozenset({"skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream"})


def merge_executable_directives(context: MergeContext) -> list[MergedDirectiveDefinition]:
    """Return the directives that clients can use on the supergraph."""
    names = dict.fromkeys(
        name
        for subgraph in context.subgraphs
        for name, node in subgraph.directive_definitions.items()
        if name not in _BUILT_IN and _locations(node)
    )
    found = (_merge(context, name) for name in names)
    return [definition for definition in found if definition is not None]


def _locations(node: DirectiveDefinitionNode) -> list[str]:
    return [location.value for location in node.locations if location.value in EXECUTABLE_LOCATIONS]


def _merge(context: MergeContext, name: str) -> MergedDirectiveDefinition | None:
    nodes = {
        graph: subgraph.directive_definitions[name]
        for graph, subgraph in enumerate(context.subgraphs)
        if name in subgraph.directive_definitions
    }
    at = [location_of(context.name(graph), node) for graph, node in nodes.items()]
    if len(nodes) < len(context.subgraphs):
        missing = [s.name for g, s in enumerate(context.subgraphs) if g not in nodes]
        context.report.hint(
            HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE,
            f"@{name} is left out: it is not defined in {named_subgraphs(missing)}.",
            at=at,
            coordinate=f"@{name}",
        )
        return None
    each = [_locations(node) for node in nodes.values()]
    common = [location for location in each[0] if all(location in other for other in each)]
    if not common:
        context.report.hint(
            HintCode.NO_EXECUTABLE_DIRECTIVE_INTERSECTION,
            f"@{name} is left out: its definitions have no location in common.",
            at=at,
            coordinate=f"@{name}",
        )
        return None
    if any(set(locations) != set(common) for locations in each):
        context.report.hint(
            HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS,
            f"@{name} is kept only on {', '.join(common)}, which all its definitions allow.",
            at=at,
            coordinate=f"@{name}",
        )
    if len({node.repeatable for node in nodes.values()}) > 1:
        context.report.hint(
            HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE,
            f"@{name} is kept as not repeatable, since some definitions are not.",
            at=at,
            coordinate=f"@{name}",
        )
    return MergedDirectiveDefinition(
        name=name,
        arguments=_merge_arguments(context, name, nodes),
        repeatable=all(node.repeatable for node in nodes.values()),
        locations=common,
    )


def _merge_arguments(
    context: MergeContext, name: str, nodes: dict[int, DirectiveDefinitionNode]
) -> dict[str, MergedInputValue]:
    found: dict[str, list[Source[InputValue]]] = {}
    for graph in nodes:
        for value in context.subgraphs[graph].directive_arguments[name].values():
            found.setdefault(value.name, []).append(Source(graph, value))
    merged: dict[str, MergedInputValue] = {}
    for argument_name, sources in found.items():
        if len(sources) < len(nodes):
            _hint_argument_missing(context, name, argument_name, sources)
        else:
            coordinate = f"@{name}({argument_name}:)"
            merged[argument_name] = merge_input_value(context, sources, coordinate, ARGUMENT)
    return merged


def _hint_argument_missing(
    context: MergeContext, name: str, argument: str, sources: Sequence[Source[InputValue]]
) -> None:
    coordinate = f"@{name}({argument}:)"
    context.report.hint(
        HintCode.INCONSISTENT_ARGUMENT_PRESENCE,
        f'"{coordinate}" is left out: only {context.named(s.graph for s in sources)} defines it.',
        at=locations(sources),
        coordinate=coordinate,
    )
