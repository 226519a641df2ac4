"""Directives that keep the subgraph they come from: contexts by their name, cache tags as ``@join__directive``."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.constants import print_constant
from gateway.composition.context_values import parse_context_value
from gateway.composition.subgraph_schema import AppliedDirective, Element, OutputField
from gateway.composition.supergraph_model import ContextArgument, MergedDirective
from gateway.supergraph.argument_text import print_value

from .context import MergeContext, Source

GRAPH_DIRECTIVES = frozenset({"context", "cacheTag"})


def merge_graph_directives(
    context: MergeContext, sources: Sequence[Source[Element]]
) -> list[MergedDirective]:
    """Return the contexts and cache tags of an element; those of ``@join__directive`` come first."""
    return [*_cache_tags(context, sources), *_contexts(context, sources)]


def _contexts(context: MergeContext, sources: Sequence[Source[Element]]) -> list[MergedDirective]:
    names = dict.fromkeys(
        supergraph_context(context, source.graph, name)
        for source in sources
        for directive in source.element.applied("context")
        if (name := directive.string("name")) is not None
    )
    directive_name = context.feature_names["context"]
    return [MergedDirective(directive_name, (("name", f'"{name}"'),), "context") for name in names]


def supergraph_context(context: MergeContext, graph: int, name: str) -> str:
    """Return what a subgraph's context is called in the supergraph."""
    return f"{context.name(graph)}__{name}"


def _cache_tags(context: MergeContext, sources: Sequence[Source[Element]]) -> list[MergedDirective]:
    """Equal tags of several subgraphs are one, with the list of its graphs."""
    tags: dict[str, tuple[AppliedDirective, list[str]]] = {}
    for source in sources:
        for directive in source.element.applied("cacheTag"):
            signature = print_value(directive.arguments["format"])
            _, graphs = tags.setdefault(signature, (directive, []))
            name = context.graph_names[source.graph]
            if name not in graphs:
                graphs.append(name)
    return [
        MergedDirective(
            "join__directive",
            (
                ("graphs", f"[{', '.join(graphs)}]"),
                ("name", '"federation__cacheTag"'),
                ("args", f"{{format: {print_constant(directive.arguments['format'])}}}"),
            ),
            "cacheTag",
        )
        for directive, graphs in tags.values()
    ]


def context_arguments(
    context: MergeContext, graph: int, field: OutputField
) -> tuple[ContextArgument, ...]:
    """Return what a graph takes from contexts for one of its fields; values that are not valid are left out."""
    found: list[ContextArgument] = []
    for argument in field.arguments.values():
        directive = argument.first("fromContext")
        if directive is None or directive.location in context.usages[graph].invalid_field_sets:
            continue
        value = parse_context_value(directive.string("field") or "")
        if value is not None:
            found.append(
                ContextArgument(
                    name=argument.name,
                    type=str(argument.type),
                    context=supergraph_context(context, graph, value.context),
                    selection=value.selection,
                )
            )
    return tuple(found)
