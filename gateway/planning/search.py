"""Looks for a better plan than the first: grows again without one of the choices that had alternatives.

Growth is greedy, and two ways may cost the same until what hangs on them is known. Plans compare by
requests, then by how early their leaves arrive, then by entity calls, then by size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gateway.errors import PlanningError
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.reach import Reach
from gateway.supergraph.selections import Defer

from .deferral import Deferral
from .fetch_graph import FetchGraph
from .growth import NOTHING_GIVEN, Ban, Given, Growth
from .passes import run_passes
from .scope_builder import ScopeBuilder
from .scopes import Demand, Scope

MAX_REGROWTHS = 16
"""How often a plan may be grown again."""

Cost = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class RootLimits:
    """What part of an operation to plan."""

    graphs: frozenset[int] | None = None
    """The graphs that may be asked at the root; ``None`` for all."""

    demands: tuple[Demand, ...] | None = None
    """The root fields; ``None`` for all."""

    part: int = 0
    defers: tuple[Defer, ...] = ()
    """What may be put off."""


NO_LIMITS = RootLimits()


@dataclass(frozen=True, slots=True)
class Grown:
    """A plan as frames and requests."""

    growth: Growth
    fetches: FetchGraph
    cost: Cost
    deferral: Deferral | None = None
    """How the answer is divided, if some of it may be put off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is planned, and with what."""

    graph: QueryGraph
    reach: Reach
    builder: ScopeBuilder
    scopes: Sequence[Scope]

    def best(
        self,
        limits: RootLimits = NO_LIMITS,
        given: Given = NOTHING_GIVEN,
        bans: frozenset[Ban] = frozenset(),
    ) -> Grown:
        """The best plan found of those that respect ``bans`` and have fields come from where it is given.

        Raises:
            PlanningError: there is no plan.
        """
        best = self._grow(limits, bans, given)
        tried: set[frozenset[Ban]] = set()
        regrowths = 0
        while best.cost[0] > 1:
            ban = next((each for each in _worth_banning(best.growth) if each not in tried), None)
            if ban is None or regrowths == MAX_REGROWTHS:
                break
            tried.add(ban)
            regrowths += 1
            try:
                other = self._grow(limits, bans | ban, given)
            except PlanningError:
                continue
            if other.cost < best.cost:
                best, bans = other, bans | ban
        return best

    def _grow(self, limits: RootLimits, bans: frozenset[Ban], given: Given) -> Grown:
        growth = Growth(
            graph=self.graph,
            reach=self.reach,
            builder=self.builder,
            root_graphs=limits.graphs,
            root_demands=limits.demands,
            bans=bans,
            given=given,
        )
        growth.grow(self.scopes)
        fetches = self._make_requests(growth, limits)
        made_a_difference = run_passes(fetches)
        found = Grown(growth, fetches, _cost(growth, fetches))
        # The calls of a mutation wait for its inputs whatever it costs: an entity may be gone after them.
        if made_a_difference and limits.demands is None:
            fetches = self._make_requests(growth, limits)
            run_passes(fetches, delay_awaited=False)
            other = Grown(growth, fetches, _cost(growth, fetches))
            found = min(found, other, key=lambda grown: grown.cost)
        if limits.defers:
            deferral = Deferral(limits.defers, self.scopes, growth, found.fetches)
            return replace(found, deferral=deferral)
        return found

    def _make_requests(self, growth: Growth, limits: RootLimits) -> FetchGraph:
        fetches = FetchGraph(growth.frames, self.reach.budget, limits.part)
        if limits.defers:
            Deferral(limits.defers, self.scopes, growth, fetches).separate()
        return fetches


def _worth_banning(growth: Growth) -> Iterator[frozenset[Ban]]:
    """What to grow without: a graph wherever there was another, then one choice after the other."""
    by_graph: dict[int, list[Ban]] = {}
    for ban in growth.choices:
        by_graph.setdefault(ban.position.graph, []).append(ban)
    yield from map(frozenset, by_graph.values())
    yield from (frozenset({ban}) for ban in growth.choices)


def _cost(growth: Growth, fetches: FetchGraph) -> Cost:
    leaf_waves = sum(
        max(fetches.wave(node) for node in fetches.nodes_of(frame))
        for demand, frame in growth.providers.items()
        if demand.response_key is not None
    )
    calls = [call for node in fetches.nodes for call in node.calls]
    return (
        len(fetches),
        leaf_waves,
        sum(len(frame.positions) for call in calls for frame in call.frames),
        sum(len(demands) for frame in growth.frames for demands in frame.fields.values()),
        sum(node.graph for node in fetches.nodes),
    )
