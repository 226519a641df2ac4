"""Lets a plain entity call wait for the one that carries the inputs of ``@requires`` to the same objects.

It saves a request, and for a mutation more than that: the first call may be the last that finds the
entity.
"""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph, FetchNode

from .compatibility import SharedCall


def delay_plain_calls(graph: FetchGraph, *, delay_awaited: bool) -> bool:
    """Move every plain call into a later call with ``@requires`` that does not wait for it.

    Calls that others wait for stay where they are unless ``delay_awaited``; returns whether there were any.
    """
    stages: dict[tuple[object, ...], list[FetchNode]] = {}
    for node in graph.nodes:
        if _is_stage(node):
            stages.setdefault(_place(node), []).append(node)
    found_awaited = False
    if not stages:
        return found_awaited
    for plain in graph.nodes:
        if plain.root is not None or _is_stage(plain):
            continue
        able = [
            stage
            for stage in stages.get(_place(plain), ())
            if _cover_same(stage, plain)
            and SharedCall(stage.calls[0].frames).can_take(plain.calls[0].frames)
            and not graph.waits_for(stage, plain)
        ]
        if not able:
            continue
        is_awaited = graph.is_awaited(plain)
        found_awaited = found_awaited or is_awaited
        if delay_awaited or not is_awaited:
            graph.unite(min(able, key=lambda node: (graph.wave(node), node.number)), plain)
    return found_awaited


def _is_stage(node: FetchNode) -> bool:
    return any(frame.is_stage for frame in node.frames)


def _place(node: FetchNode) -> tuple[object, ...]:
    return node.part, node.graph, node.calls[0].scope


def _cover_same(node: FetchNode, plain: FetchNode) -> bool:
    return any(
        frame.input_classes == other.input_classes
        for frame in node.frames
        for other in plain.frames
    )
