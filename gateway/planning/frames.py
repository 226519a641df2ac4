"""Frames: where a plan stands. A frame is a selection in one subgraph at one scope.

A frame is *carried* by a field of another frame of the same graph, or it begins a fetch: at a root, or
with an entity call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.query_graph.positions import Entry, Position
from gateway.supergraph.model import ContextArgument

from .scopes import Demand, PlanClass, Scope


class FrameKind(StrEnum):
    """How a frame came to be."""

    ROOT = "root"
    CARRIED = "carried"
    ENTITY = "entity"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Input:
    """A field that a representation carries."""

    demand: Demand
    is_key: bool
    below: tuple[tuple[PlanClass, tuple[Input, ...]], ...] = ()
    """For a composite field, what of it by class."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ContextInput:
    """An argument that is filled in from an object above."""

    argument: ContextArgument
    home: PlanClass
    """The class of objects, above those sent, that set the context."""

    inputs: tuple[Input, ...]
    """What is read of them; nothing when the context has nothing to say of such objects."""


@dataclass(slots=True, eq=False, kw_only=True)
class Frame:
    """A selection in one subgraph at one scope."""

    number: int
    kind: FrameKind
    scope: Scope
    graph: int
    local_type: str
    """The type it is written on, as the graph has it."""

    positions: dict[PlanClass, Position]
    """The classes whose objects it can have, and what they are to the graph."""

    wave: int = 0
    """How many fetches have to come first, one after the other, as far as known when it grew."""

    hosts: list[Frame] = field(default_factory=list)
    """The frames with the fields that carry it."""

    fields: dict[PlanClass, dict[Demand, list[Frame]]] = field(default_factory=dict)
    """What it selects, with the frames carried by composite fields."""

    entry: Entry | None = None
    inputs: tuple[Input, ...] = ()
    """Of an entity call, for each class of ``positions`` alike."""

    input_classes: tuple[PlanClass, ...] = ()
    """The classes whose objects are sent; every object is, type unknown, when it is empty."""

    contexts: tuple[ContextInput, ...] = ()
    """Of an entity call for a field with contextual arguments."""

    is_stage: bool = False
    """Whether it was made for a field that has inputs or contexts of its own."""

    needs: list[Frame] = field(default_factory=list)
    """Frames that have to be fetched before an entity call can be made."""

    @property
    def is_opaque(self) -> bool:
        """Whether the graph takes the objects for an interface object, and cannot tell their type."""
        return any(position.interface is not None for position in self.positions.values())

    @property
    def tells_type(self) -> bool:
        """Whether ``__typename`` read here is news: objects are not sent with their type."""
        if self.is_opaque:
            return False
        return self.kind is not FrameKind.ENTITY or not self.input_classes

    def select(self, home: PlanClass, demand: Demand, carried: Frame | None = None) -> None:
        """Add a field."""
        frames = self.fields.setdefault(home, {}).setdefault(demand, [])
        if carried is not None and carried not in frames:
            frames.append(carried)
