"""What a walk finds: fields that cannot be answered, and shared ones whose graphs may return different types."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.query_graph.explain import Obstacle

from .labels import Choice
from .witness import Witness


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A field that some query can ask for and no plan can answer."""

    type_name: str
    field: str
    witness: Witness
    graphs: frozenset[int]
    """The graphs that the query has got to when it asks."""

    obstacles: tuple[Obstacle, ...]
    labels: Choice
    """The override labels that were chosen on the way."""


@dataclass(frozen=True, slots=True)
class SharedReturn:
    """A field of abstract type that several graphs resolve at one state."""

    type_name: str
    field: str
    witness: Witness
    runtime_types: dict[int, frozenset[str]]
    """By graph, the object types it can return there."""
