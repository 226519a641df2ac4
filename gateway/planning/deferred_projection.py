"""Divides the answer: a primary projection, and one for each deferred part and each group of deferred fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gateway.query_plan.nodes import (
    Deferral,
    DeferredFragment,
    DeferredGroup,
    DeferredPart,
    ObjectProjection,
)
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Defer

from .deferral import all_parts_of, belongs_to, fragments_at
from .projection import AnswerView, ProjectionBuilder
from .scopes import ClientEntry, PlanClass, Scope

Parts = frozenset[Defer]
"""The parts that a field is in; none for the primary one."""


class Divider:
    """Divides the answer of one plan."""

    def __init__(self, supergraph: Supergraph, homes: Mapping[Defer, Defer | None]) -> None:
        """``homes`` says for each ``@defer`` in which part its fields are answered."""
        self._supergraph = supergraph
        self._homes = homes
        heeded = [defer for defer, home in homes.items() if home is defer]
        self._numbers = {defer: number for number, defer in enumerate(heeded)}
        self._groups: dict[tuple[Parts, Scope], int] = {}
        self._fragments: dict[tuple[Defer, Scope], DeferredFragment] = {}

    def divide(
        self, root: Scope, primary_fetches: frozenset[int], fetches: Mapping[Defer, frozenset[int]]
    ) -> Deferral:
        """``fetches`` are those of each part without the primary ones."""
        primary = self._build(root, frozenset())
        projections: list[ObjectProjection] = []
        # Groups are found while those around them are built.
        while len(projections) < len(self._groups):
            parts, scope = list(self._groups)[len(projections)]
            projections.append(self._build(scope, parts, starts_at=scope))
        return Deferral(
            primary=primary,
            primary_fetches=primary_fetches,
            parts=tuple(self._part(defer, fetches[defer]) for defer in self._numbers),
            groups=tuple(
                DeferredGroup(
                    id=number,
                    parts=frozenset(self._numbers[part] for part in parts),
                    projection=projections[number],
                )
                for (parts, _), number in self._groups.items()
            ),
        )

    def _build(
        self, scope: Scope, parts: Parts, *, starts_at: Scope | None = None
    ) -> ObjectProjection:
        view = _GroupView(self, self._homes, parts, starts_at)
        return ProjectionBuilder(self._supergraph, view).build(scope)

    def _part(self, defer: Defer, fetches: frozenset[int]) -> DeferredPart:
        around = self._homes[defer.parent] if defer.parent is not None else None
        return DeferredPart(
            id=self._numbers[defer],
            label=defer.label,
            parent=self._numbers[around] if around is not None else None,
            path=defer.path,
            fetches=fetches,
        )

    def number_of_group(self, parts: Parts, scope: Scope) -> int:
        """The group of the fields of a scope that are in just these parts."""
        return self._groups.setdefault((parts, scope), len(self._groups))

    def fragments_at(self, home: PlanClass) -> Iterator[DeferredFragment]:
        """The deferred fragments at the objects of a class, in the operation's order."""
        # A set of them has another order in every process; plans are to be the same in all.
        heeded = fragments_at(home) & self._numbers.keys()
        for defer in sorted(heeded, key=self._numbers.__getitem__):
            yield self._fragment(defer, home.scope)

    def _fragment(self, defer: Defer, scope: Scope) -> DeferredFragment:
        found = self._fragments.get((defer, scope))
        if found is None:
            view = _FragmentView(self._homes, defer)
            found = self._fragments[defer, scope] = DeferredFragment(
                self._numbers[defer], ProjectionBuilder(self._supergraph, view).build(scope)
            )
        return found


class _GroupView(AnswerView):
    """Shows the fields that are in just these parts, and where others add to them."""

    def __init__(
        self,
        divider: Divider,
        homes: Mapping[Defer, Defer | None],
        parts: Parts,
        starts_at: Scope | None,
    ) -> None:
        self._divider = divider
        self._homes = homes
        self._parts = parts
        self._starts_at = starts_at

    def entries(self, home: PlanClass) -> Iterator[tuple[str, ClientEntry]]:
        for response_key, entry in home.entries.items():
            if belongs_to(home, response_key, self._homes) == self._parts:
                yield response_key, entry

    def fragments_at(self, home: PlanClass) -> tuple[DeferredFragment, ...]:
        # Where a group starts, those around it have told of the rest.
        if home.scope is self._starts_at:
            return ()
        return tuple(self._divider.fragments_at(home))

    def groups_at(self, home: PlanClass) -> tuple[int, ...]:
        if home.scope is self._starts_at:
            return ()
        found = dict.fromkeys(
            belongs_to(home, response_key, self._homes) for response_key in home.entries
        )
        return tuple(
            self._divider.number_of_group(parts, home.scope)
            for parts in found
            if parts != self._parts
        )


class _FragmentView(AnswerView):
    """Shows what the fragment of one part selects."""

    def __init__(self, homes: Mapping[Defer, Defer | None], defer: Defer) -> None:
        self._homes = homes
        self._defer = defer

    def entries(self, home: PlanClass) -> Iterable[tuple[str, ClientEntry]]:
        for response_key, entry in home.entries.items():
            if self._defer in all_parts_of(home, response_key, self._homes):
                yield response_key, entry
