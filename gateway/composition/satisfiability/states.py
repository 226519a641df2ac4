"""Where a walk can be: what is at hand at an object, what can be had from there, and what has been proven of it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import Option, Reached
from gateway.supergraph.model import ContextKey

from .labels import NO_CHOICE, Choice
from .witness import Witness


@dataclass(frozen=True, slots=True)
class State:
    """A type, and what is at hand of an object of it."""

    type_name: str
    positions: frozenset[Position]
    knows_type: bool
    witness: Witness
    needs_fragment: bool = False
    contexts: frozenset[ContextKey] = frozenset()
    """What the objects above can give to contextual arguments."""

    labels: Choice = NO_CHOICE
    """The override labels chosen on the way, as far as they can still matter."""

    def is_proven_by(self, other: State, positions: Set[Position]) -> bool:
        """Whether everything that holds with less at hand, or above, holds here.

        ``positions`` are those at hand or to be had from them, by whatever keys.
        """
        return (
            other.positions <= positions
            and other.contexts <= self.contexts
            and other.labels <= self.labels
            and (self.knows_type or not other.knows_type)
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """A state that was looked at field by field."""

    state: State
    failed: set[str] = field(default_factory=set)
    """The fields that could not be had, under some choice of labels at least."""


class Arrival(NamedTuple):
    """What decides where the objects of a field stand."""

    graph: int
    view: int
    type_name: str


class Leading(NamedTuple):
    """What decides the states that a field leads to."""

    target: str
    arrivals: frozenset[Arrival]
    contexts: frozenset[ContextKey]
    labels: Choice


def arrival_of(option: Option) -> Arrival:
    """Return what decides where the objects stand that an option returns."""
    move = option.move
    return Arrival(move.graph, move.view, move.type.name)


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be had at a state under one choice of labels."""

    reach: Reach
    reached: Reached
    labels: Choice
    relevant: frozenset[str]
    """The labels that it may depend on."""
