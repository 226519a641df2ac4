"""What can be had from some positions: the answer of ``Reach``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .positions import Entry, Move, Position

CALL = 1000
"""What an entity call, or a call to a root, costs."""

NOTHING: frozenset[Position] = frozenset()


class Question(NamedTuple):
    """What was asked of ``Reach``."""

    type_name: str
    knows_type: bool
    start: tuple[tuple[Position, int], ...]
    """Positions at hand and what they cost."""

    without: frozenset[Position]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to have a field."""

    position: Position
    cost: int
    move: Move
    entry: Entry | None = None
    """The entry of the entity call that a field with ``@requires`` takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """All that can be had at objects of one type."""

    type_name: str
    costs: Mapping[Position, int]
    """Positions, and what having them costs altogether."""

    entries: Mapping[Position, Entry]
    """The last step to each position that was not at hand."""

    staged: Mapping[str, tuple[Option, ...]]
    """Fields with ``@requires`` that can be had."""

    typename_cost: int | None
    """What knowing the object's runtime type costs; ``None`` when it cannot be known."""
