"""What can be had from some positions: the answer of ``Reach``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from gateway.supergraph.model import ContextKey

from .positions import Entry, Move, Position

CALL = 1000
"""What an entity call, or a call to a root, costs."""

NOTHING: frozenset[Position] = frozenset()


Contexts: TypeAlias = tuple[tuple[ContextKey, int], ...]
"""The values that objects above give to contextual arguments, and what they cost; sorted."""


class Question(NamedTuple):
    """What was asked of ``Reach``."""

    type_name: str
    knows_type: bool
    start: tuple[tuple[Position, int], ...]
    """Positions at hand and what they cost."""

    without: frozenset[Position]
    contexts: Contexts = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One way to have a field."""

    position: Position
    cost: int
    move: Move
    entry: Entry | None = None
    """The entry of the entity call that a field with ``@requires`` takes."""

    call: int = 0
    """What that call would cost without the inputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """All that can be had at objects of one type; to be read only."""

    type_name: str
    costs: dict[Position, int]
    """Positions, and what having them costs altogether."""

    entries: dict[Position, Entry]
    """The last step to each position that was not at hand."""

    staged: dict[str, tuple[Option, ...]]
    """Fields with ``@requires`` that can be had."""

    typename_cost: int | None
    """What knowing the object's runtime type costs; ``None`` when it cannot be known."""

    contexts: Contexts = ()
    """What contextual arguments of the objects' own fields can take."""

    options: dict[str, tuple[Option, ...]] | None = None
    """What ``Reach.options`` was asked before; ``None`` while this is still growing."""
