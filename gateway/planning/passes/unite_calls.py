"""One entity call instead of several to one graph, at one scope, in one wave: types and fields together."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode

from .compatibility import SharedCall


def unite_calls(graph: FetchGraph) -> None:
    """Unite the entity calls that differ in nothing but the types sent or the fields asked for."""
    groups: dict[tuple[object, ...], list[tuple[FetchNode, SharedCall]]] = {}
    for node in graph.nodes:
        if node.root is not None:
            continue
        (call,) = node.calls
        group = groups.setdefault((node.part, node.graph, call.scope, graph.wave(node)), [])
        for kept, shared in group:
            if shared.can_take(call.frames):
                shared.add(call.frames)
                graph.unite(kept, node)
                break
        else:
            group.append((node, SharedCall(call.frames)))
