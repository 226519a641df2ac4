"""What an operation asks for: a tree of response positions, by class of runtime types.

A *scope* is a position of composite type. Its runtime types fall into *classes* that are asked for the
same and can be served the same, so that 500 implementations of an interface may be one class. A
*demand* is one field wanted at the objects of a class.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.query_graph.positions import Move, Position
from gateway.query_graph.reached import Contexts, Option, Reached
from gateway.supergraph.selections import Defer, Selection
from gateway.supergraph.type_ref import TypeRef

from .response_keys import ResponseKeys

Selections: TypeAlias = tuple[Selection, ...]
Start: TypeAlias = dict[Position, int]
MoveKey: TypeAlias = tuple[int, int, TypeRef]


def move_key(move: Move) -> MoveKey:
    """What makes moves of one field equal, whichever class of objects they are for."""
    return move.graph, move.view, move.type


@dataclass(slots=True, eq=False, kw_only=True)
class Demand:
    """A field wanted at the objects of one class."""

    home: PlanClass
    name: str
    arguments: str
    variables: frozenset[str]
    type: TypeRef
    """Its type in the supergraph."""

    order: int
    """Its place among all demands: the client's order, hidden ones after it."""

    response_key: str | None
    """The client's name for it; ``None`` for what only the plan needs."""

    selections: Selections = ()
    """What is selected below it, before it is sorted by runtime type."""

    on_whole_scope: bool = False
    """Selected for every type of the position, not under a fragment on some."""

    key: str = ""
    """The physical key; given to hidden demands when the plan is settled."""

    child: Scope | None = None
    """The scope below a composite field."""

    shares_key: bool = True
    """Whether an equal field at the class may share its physical key."""


@dataclass(frozen=True, slots=True)
class TypenameDemand:
    """``__typename``, as the client asked for it."""

    response_key: str


@dataclass(frozen=True, slots=True)
class IntrospectionDemand:
    """``__schema`` or ``__type``."""

    response_key: str
    name: str


@dataclass(frozen=True, slots=True)
class DeniedDemand:
    """A field that the client may not see."""

    response_key: str
    name: str
    type: TypeRef
    """Its type in the supergraph, which decides how far its null climbs."""


ClientEntry: TypeAlias = Demand | TypenameDemand | IntrospectionDemand | DeniedDemand


@dataclass(slots=True, eq=False, kw_only=True)
class PlanClass:
    """Runtime types of a scope that are treated alike."""

    scope: Scope
    types: tuple[str, ...]
    type_name: str
    """One of ``types``, which speaks for all; for a *whole* class the interface itself."""

    is_whole: bool = False
    """All implementations of an interface at once, their types unknown (interface objects)."""

    is_visible: bool = True
    """Objects of other classes are null for the client, and nothing is wanted of them."""

    is_denied: bool = False
    """They are invisible to this client only, who is told so."""

    is_demoted: bool = False
    """Members of a union that not every candidate graph has: their objects show only their type."""

    is_optional: bool = False
    """Some carriers of the scope cannot return these types; then nothing is wanted of them."""

    knows_type: bool = False
    reached: Reached
    """What can be had if every arrival is used: decides what is possible, not what is done."""

    entries: dict[str, ClientEntry] = field(default_factory=dict)
    """What the client wants, by response key, in the client's order."""

    demands: list[Demand] = field(default_factory=list)
    """The demands of the class itself; those of the scope's whole class are not among them."""

    defers: dict[str, frozenset[Defer | None]] = field(default_factory=dict)
    """By response key the ``@defer`` that an entry is selected in, ``None`` for outside of any.

    Entries that stand in none are left out.
    """


@dataclass(slots=True, eq=False, kw_only=True)
class Scope:
    """A response position of composite type."""

    number: int
    declared: str
    """The named type of the position."""

    parents: list[Demand]
    """The demands that lead here: one, or one of each class that shares the scope."""

    depth: int
    keys: ResponseKeys
    classes: list[PlanClass] = field(default_factory=list)
    whole: PlanClass | None = None
    carriers: tuple[Option, ...] = ()
    """The ways to have the parent's field that may carry this scope."""

    carrier_moves: frozenset[MoveKey] = frozenset()
    """The same, as growth compares them."""

    contexts: Contexts = ()
    """What the objects above can give to contextual arguments here and below, at no cost."""

    returned_types: frozenset[str] = frozenset()
    """Runtime types that some carrier can return."""

    needs_typename: bool = False
    """Whether the answer depends on the runtime type."""

    @property
    def is_root(self) -> bool:
        """Whether this is the root of the response."""
        return not self.parents

    @property
    def is_partial(self) -> bool:
        """Whether this is below only some of the types that the parent scope can return."""
        if any(parent.home.is_whole for parent in self.parents):
            return False
        types = {name for parent in self.parents for name in parent.home.types}
        return not types >= self.parents[0].home.scope.returned_types

    def all_classes(self) -> list[PlanClass]:
        """The classes, and the whole class before them."""
        return self.classes if self.whole is None else [self.whole, *self.classes]
