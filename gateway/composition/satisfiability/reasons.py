"""Why the subgraphs cannot answer a field, one sentence for each subgraph that has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from gateway.query_graph.explain import Obstacle, Reason


def describe_obstacles(
    obstacles: Sequence[Obstacle], *, type_name: str, field: str, names: Sequence[str]
) -> list[str]:
    """Return the sentences; ``names`` are the graphs' names by number."""
    if not obstacles:
        return [f'no subgraph resolves "{type_name}.{field}".']
    sentences = (
        _describe(obstacle, type_name, f"{type_name}.{field}", names[obstacle.graph])
        for obstacle in obstacles
    )
    return list(dict.fromkeys(sentences))


def _describe(obstacle: Obstacle, type_name: str, coordinate: str, name: str) -> str:
    match obstacle.reason:
        case Reason.NOT_RESOLVED:
            return (
                f'subgraph "{name}" knows "{coordinate}" but does not resolve it:'
                " it is external or overridden there."
            )
        case Reason.NO_KEY:
            return (
                f'subgraph "{name}" resolves "{coordinate}", but has no resolvable @key'
                f' to look "{type_name}" up by.'
            )
        case Reason.KEY_UNREACHABLE:
            return (
                f'subgraph "{name}" resolves "{coordinate}" of a "{type_name}" with the key'
                f' "{obstacle.field_set}", which cannot be had here.'
            )
        case Reason.REQUIREMENT_UNREACHABLE:
            return (
                f'subgraph "{name}" resolves "{coordinate}" from "{obstacle.field_set}" (@requires),'
                " which cannot be had here."
            )
        case Reason.CONTEXT_MISSING:
            return (
                f'subgraph "{name}" resolves "{coordinate}" with a value from the context'
                f' "{obstacle.field_set}" (@fromContext), which nothing above it can give here.'
            )
        case Reason.TYPE_UNKNOWN:
            return (
                f'subgraph "{name}" has the objects by an interface object, and no subgraph with the'
                f' interface and its key can be reached to say which of them is a "{type_name}".'
            )
        case _:
            assert_never(obstacle.reason)
