"""Where one can stand, and how one moves: the nodes and edges of the query graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway.supergraph.model import ContextArgument, FieldSet
from gateway.supergraph.type_ref import TypeRef


class Position(NamedTuple):
    """An object of some type, as one graph has it at hand."""

    graph: int
    view: int = 0
    """What ``@provides`` adds here: a number of ``Views``; 0 is nothing."""

    interface: str | None = None
    """The interface object the graph takes it for: it does not know the object's type then."""


@dataclass(frozen=True, slots=True)
class Move:
    """A field resolved by one graph."""

    graph: int
    type: TypeRef
    """The field's type as that graph has it."""

    requires: FieldSet | None
    """What has to be sent along, which takes an entity call even where one already stands there."""

    view: int
    """The view under the field."""

    contexts: tuple[ContextArgument, ...] = ()
    """What has to be read above and sent along, which takes an entity call likewise."""

    is_staged: bool = False
    """Whether it takes an entity call of its own: there are inputs or contexts to send."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A way into a graph: an entity call, or the root when ``key`` is ``None``."""

    key: FieldSet | None
    typename: str
    """What representations say: the object's own type, or the interface of an interface object."""

    landing: Position
    needs_typename: bool
    """Whether the object's runtime type has to be known first."""


@dataclass(frozen=True, slots=True)
class Way:
    """An entry to try: for its own sake, or to have a field resolved that takes a call of its own."""

    entry: Entry
    field: str | None = None
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """All ways to try with objects of one type."""

    all: tuple[Way, ...]
    readers: Mapping[str, tuple[int, ...]]
    """For each field that keys and requirements read of the object, the ways that read it."""
