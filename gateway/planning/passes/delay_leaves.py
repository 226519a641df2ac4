"""Lets a request that nobody waits for go with a later one to the same graph."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph


def delay_leaves(graph: FetchGraph) -> None:
    """Merge requests for entities that nobody waits for into later ones; the answer is no later."""
    awaited = {other for node in graph.nodes for other in graph.depends_on(node)}
    for leaf in list(graph.nodes):
        if leaf.root is not None or leaf in awaited:
            continue
        later = [
            node
            for node in graph.nodes
            if node.root is None
            and node.graph == leaf.graph
            and node.part == leaf.part
            and graph.wave(node) > graph.wave(leaf)
        ]
        if later:
            graph.merge(min(later, key=graph.wave), leaf)
