"""Lets a request go with a later one to the same graph when those that wait for it have time to spare."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode


def use_slack(graph: FetchGraph) -> bool:
    """Merge requests for entities into later ones, as long as the last answer comes no later.

    Returns whether some were merged: requests may have come into one wave with others by that.
    """
    by_graph: dict[tuple[int, int], list[FetchNode]] = {}
    for node in graph.nodes:
        if node.root is None:
            by_graph.setdefault((node.part, node.graph), []).append(node)
    merged = False
    latest: dict[FetchNode, int] | None = None
    for nodes in by_graph.values():
        nodes.sort(key=graph.wave)
        for place, node in enumerate(nodes[:-1]):
            latest = latest or graph.latest_waves()
            later = _next_after(graph, node, nodes[place + 1 :], latest[node])
            if later is not None:
                graph.merge(later, node)
                merged, latest = True, None
    return merged


def _next_after(
    graph: FetchGraph, node: FetchNode, others: list[FetchNode], latest: int
) -> FetchNode | None:
    """The first request of a later wave that does not wait for ``node``."""
    wave = graph.wave(node)
    for other in others:
        if wave < graph.wave(other) <= latest and not graph.waits_for(other, node):
            return other
    return None
