"""Lets a plain entity call wait for the one that carries the inputs of ``@requires`` to the same objects.

It saves a request, and for a mutation more than that: the first call may be the last that finds the
entity.
"""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode

from .compatibility import can_be_one_call


def delay_plain_calls(graph: FetchGraph) -> None:
    """Move every plain call into a later call with ``@requires`` that does not wait for it."""
    for plain in list(graph.nodes):
        if plain.root is not None or any(frame.is_stage for frame in plain.frames):
            continue
        ancestors = graph.ancestors()
        stages = [
            node
            for node in graph.nodes
            if _is_stage_of(node, plain) and not ancestors[node] >> plain.number & 1
        ]
        if stages:
            kept = min(stages, key=lambda node: (graph.wave(node), node.number))
            graph.unite(kept, plain)


def _is_stage_of(node: FetchNode, plain: FetchNode) -> bool:
    if node is plain or node.root is not None or node.part != plain.part:
        return False
    stage, call = node.calls[0], plain.calls[0]
    return (
        node.graph == plain.graph
        and stage.scope is call.scope
        and any(frame.is_stage for frame in stage.frames)
        and _cover_same(node, plain)
        and can_be_one_call([*stage.frames, *call.frames])
    )


def _cover_same(node: FetchNode, plain: FetchNode) -> bool:
    return any(
        frame.input_classes == other.input_classes
        for frame in node.frames
        for other in plain.frames
    )
