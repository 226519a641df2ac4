"""One request instead of several to one graph in one wave, with one ``_entities`` alias per scope."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode


def batch_requests(graph: FetchGraph) -> None:
    """Batch the entity calls of a wave by graph."""
    kept: dict[tuple[int, int, int], FetchNode] = {}
    for node in graph.nodes:
        if node.root is None:
            first = kept.setdefault((node.part, node.graph, graph.wave(node)), node)
            if first is not node:
                graph.merge(first, node)
