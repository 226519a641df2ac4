"""Directives on the schema element itself."""

from __future__ import annotations

from gateway.composition.subgraph_schema import Element
from gateway.composition.supergraph_model import MergedDirective

from .context import MergeContext, Source
from .directives import merge_directives


def merge_schema_directives(context: MergeContext) -> list[MergedDirective]:
    """Merge ``@tag`` and composed directives of the subgraphs' schema elements."""
    sources = [
        Source(
            graph,
            Element(
                name="schema",
                description=None,
                directives=subgraph.schema_directives,
                location=None,
            ),
        )
        for graph, subgraph in enumerate(context.subgraphs)
    ]
    return merge_directives(context, sources, "schema")
