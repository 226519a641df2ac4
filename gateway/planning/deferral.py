"""Which requests each part of the answer waits for, and which ``@defer`` are worth heeding.

The whole operation is planned as if nothing were deferred, so that ``@defer`` takes no more requests than there are
subgraphs and places to ask; a part is put off where it waits for a request that what is around it can do without.
A part that waits for none such is answered with what is around it. Passes keep the requests of different parts apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from gateway.supergraph.selections import Defer

from .fetch_graph import FetchGraph, FetchNode
from .frames import Frame, FrameKind
from .growth import Growth
from .scopes import Demand, PlanClass, Scope, TypenameDemand

Mask = int
"""A set of requests, by their numbers."""


class Deferral:
    """How one grown plan is divided: the parts that are put off, and the requests of each."""

    def __init__(
        self,
        defers: Sequence[Defer],
        scopes: Sequence[Scope],
        growth: Growth,
        fetches: FetchGraph,
    ) -> None:
        """``defers`` are in the operation's order: outer ones before inner ones."""
        self._fetches = fetches
        self._needs = _Needs(growth, fetches).find(defers, scopes)
        self._homes: dict[Defer, Defer | None] = {}
        for defer in defers:
            around = self._needs[None]
            for outer in defer.outwards:
                if outer is not defer:
                    around |= self._needs[outer]
            is_heeded = bool(self._needs[defer] & ~around)
            self._homes[defer] = defer if is_heeded else self.parent_of(defer)

    @property
    def heeded(self) -> list[Defer]:
        """The ``@defer`` whose fields are put off."""
        return [defer for defer, home in self._homes.items() if home is defer]

    @property
    def homes(self) -> Mapping[Defer, Defer | None]:
        """The part that the fields of each ``@defer`` are answered in; ``None`` is the primary one."""
        return self._homes

    def parent_of(self, defer: Defer) -> Defer | None:
        """The part around one."""
        return None if defer.parent is None else self._homes[defer.parent]

    def primary_nodes(self) -> list[FetchNode]:
        """The requests that the primary part waits for."""
        return self._nodes(self._needs[None])

    def nodes_of(self, defer: Defer) -> list[FetchNode]:
        """The requests that a part waits for, those of the primary one left out."""
        return self._nodes(self._needs[defer] & ~self._needs[None])

    def separate(self) -> None:
        """Let no requests merge but those for the same parts."""
        lanes: dict[tuple[Defer, ...], int] = {}
        for node in self._nodes(~self._needs[None]):
            parts = tuple(defer for defer in self.heeded if self._needs[defer] >> node.number & 1)
            node.part = -1 - lanes.setdefault(parts, len(lanes))

    def _nodes(self, mask: Mask) -> list[FetchNode]:
        return [node for node in self._fetches.nodes if mask >> node.number & 1]


def belongs_to(
    home: PlanClass, response_key: str, homes: Mapping[Defer, Defer | None]
) -> frozenset[Defer]:
    """The parts that a field is in, the outermost only; none for a field of the primary part.

    A field that is in several, neither of which is in the other, is answered with the first of them.
    """
    defers = all_parts_of(home, response_key, homes)
    if None in defers:
        return frozenset()
    return _outermost(defer for defer in defers if defer is not None)


def all_parts_of(
    home: PlanClass, response_key: str, homes: Mapping[Defer, Defer | None]
) -> frozenset[Defer | None]:
    """The parts whose fragments select a field, outer and inner ones; ``None`` stands for the primary part."""
    return frozenset(
        None if defer is None else homes.get(defer, defer)
        for defer in home.defers.get(response_key, (None,))
    )


def fragments_at(home: PlanClass) -> frozenset[Defer]:
    """Every ``@defer`` on a fragment at the objects of a class."""
    depth = home.scope.depth
    return frozenset(
        outer
        for defers in home.defers.values()
        for defer in defers
        if defer is not None
        for outer in defer.outwards
        if len(outer.path) == depth
    )


def _outermost(defers: Iterable[Defer]) -> frozenset[Defer]:
    found = frozenset(defers)
    return frozenset(
        defer
        for defer in found
        if not any(outer in found for outer in defer.outwards if outer is not defer)
    )


class _Needs:
    """Finds the requests that the fields of each part come with, and all that those wait for."""

    def __init__(self, growth: Growth, fetches: FetchGraph) -> None:
        self._growth = growth
        self._fetches = fetches
        self._ancestors = fetches.ancestors()
        self._masks: dict[Frame, Mask] = {}
        self._found: dict[Defer | None, Mask] = {None: 0}

    def find(self, defers: Sequence[Defer], scopes: Sequence[Scope]) -> dict[Defer | None, Mask]:
        """Return the requests by part, ``None`` for the primary one."""
        self._found.update(dict.fromkeys(defers, 0))
        shown: dict[Defer | None, list[Scope]] = {each: [] for each in self._found}
        for scope in scopes:
            self._add_leaves(scope, shown)
        for part, below in shown.items():
            for scope in sorted(below, key=lambda each: -each.depth):
                self._add_existence(part, scope)
        self._adopt_orphans()
        return self._found

    def _add_leaves(self, scope: Scope, shown: Mapping[Defer | None, list[Scope]]) -> None:
        for home in scope.classes:
            for response_key, entry in home.entries.items():
                parts: Collection[Defer | None] = belongs_to(home, response_key, {}) or (None,)
                for part in parts:
                    if isinstance(entry, TypenameDemand) and scope.needs_typename:
                        shown[part].append(scope)
                    elif isinstance(entry, Demand) and entry.child is not None:
                        shown[part].append(entry.child)
                    elif isinstance(entry, Demand) and entry in self._growth.providers:
                        self._found[part] |= self._mask(self._growth.providers[entry])

    def _add_existence(self, part: Defer | None, scope: Scope) -> None:
        """Add what shows that objects are there, and of which type."""
        frames = self._growth.frames_at(scope)
        if len(scope.all_classes()) > 1:
            # One carrier may return objects that another knows nothing of.
            for frame in frames:
                if frame.kind is FrameKind.CARRIED:
                    self._found[part] |= self._mask(frame)
        self._add_one(part, frames)
        if scope.needs_typename:
            self._add_types(part, scope)

    def _add_types(self, part: Defer | None, scope: Scope) -> None:
        frames = self._growth.frames_at(scope)
        for home in scope.classes:
            if home.is_visible and not home.knows_type:
                telling = [each for each in frames if each.tells_type and home in each.positions]
                self._add_one(part, telling)

    def _add_one(self, part: Defer | None, frames: Sequence[Frame]) -> None:
        """Add the first of frames that do the same, unless one is there anyway."""
        known = self._found[None]
        for outer in part.outwards if part is not None else ():
            known |= self._found[outer]
        if frames and all(self._mask(frame) & ~known for frame in frames):
            self._found[part] |= self._mask(frames[0])

    def _adopt_orphans(self) -> None:
        """Give the primary part what is in the plan for no field of the client's."""
        wanted = 0
        for mask in self._found.values():
            wanted |= mask
        for node in self._fetches.nodes:
            if not wanted >> node.number & 1:
                self._found[None] |= 1 << node.number | self._ancestors[node]

    def _mask(self, frame: Frame) -> Mask:
        found = self._masks.get(frame)
        if found is None:
            found = 0
            for node in self._fetches.nodes_of(frame):
                found |= 1 << node.number | self._ancestors[node]
            self._masks[frame] = found
        return found
