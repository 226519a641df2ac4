"""Lets a request that nobody waits for go with a later one to the same graph."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode


def delay_leaves(graph: FetchGraph) -> None:
    """Merge requests for entities that nobody waits for into later ones; the answer is no later."""
    by_graph: dict[tuple[int, int], list[FetchNode]] = {}
    for node in graph.nodes:
        if node.root is None:
            by_graph.setdefault((node.part, node.graph), []).append(node)
    for nodes in by_graph.values():
        # Merging a leaf moves nobody, so the waves stay what they are: the next later one takes it.
        nodes.sort(key=graph.wave)
        for place, leaf in enumerate(nodes):
            wave = graph.wave(leaf)
            later = next((node for node in nodes[place + 1 :] if graph.wave(node) > wave), None)
            if later is not None and not graph.is_awaited(leaf):
                graph.merge(later, leaf)
