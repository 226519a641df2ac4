"""One entity call instead of several to one graph, at one scope, in one wave: types and fields together."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode

from .compatibility import can_be_one_call


def unite_calls(graph: FetchGraph) -> None:
    """Unite the entity calls that differ in nothing but the types sent or the fields asked for."""
    groups: dict[tuple[object, ...], list[FetchNode]] = {}
    for node in list(graph.nodes):
        if node.root is not None:
            continue
        call = node.calls[0]
        for kept in groups.setdefault((node.part, node.graph, call.scope, graph.wave(node)), []):
            if can_be_one_call([*kept.calls[0].frames, *call.frames]):
                graph.unite(kept, node)
                break
        else:
            groups[node.part, node.graph, call.scope, graph.wave(node)].append(node)
