"""What has to be met whichever ways are chosen, and in which order.

Leaves that few graphs have come first, since they have little choice; the others then find what already stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.planning.scopes import Demand, PlanClass, Scope
from gateway.query_graph.reach import Reach

from .given import Given, given_options


class Urgency:
    """Sorts the demands of one plan."""

    def __init__(self, reach: Reach, root_demands: Sequence[Demand] | None, given: Given) -> None:
        """``root_demands`` are the root fields to plan; ``None`` for all."""
        self._reach = reach
        self._root_demands = root_demands
        self._given = given
        self._certain: dict[Scope, bool] = {}

    def certain_leaves(self, scopes: Sequence[Scope]) -> list[Demand]:
        """Leaves that have to be met, those with the fewest graphs to choose from first."""
        ranked: list[tuple[int, int, int, Demand]] = []
        for scope in scopes:
            for plan_class in scope.all_classes():
                for demand in self.demands_of(plan_class):
                    if demand.child is None and self._is_certain(demand):
                        graphs = len(self._graphs_of(demand))
                        ranked.append((graphs, scope.depth, len(ranked), demand))
        ranked.sort(key=lambda item: item[:3])
        return [demand for *_, demand in ranked]

    def certain_bare_fields(self, scopes: Sequence[Scope]) -> Iterator[Demand]:
        """Composite fields that have to be met though nothing is wanted of their objects but to be there."""
        for scope in scopes:
            if not any(map(self.demands_of, scope.all_classes())):
                yield from filter(self._is_certain, scope.parents)

    def certain_roots(self, scopes: Sequence[Scope]) -> Iterator[int]:
        """The graphs that are asked at the root whatever else is done: what they have there, no other has."""
        for scope in scopes:
            for plan_class in scope.all_classes() if scope.is_root else ():
                for demand in self.demands_of(plan_class):
                    graphs = self._graphs_of(demand)
                    if len(graphs) == 1:
                        yield from graphs

    def demands_of(self, plan_class: PlanClass) -> Sequence[Demand]:
        """What is to be met of a class."""
        if plan_class.scope.is_root and self._root_demands is not None:
            return self._root_demands
        return plan_class.demands

    def _graphs_of(self, demand: Demand) -> set[int]:
        """The graphs that a field can be had from, whatever else is done."""
        options = self._reach.options(demand.home.reached, demand.name)
        if self._given:
            options = given_options(self._given, demand, options)
        return {option.position.graph for option in options}

    def _is_certain(self, demand: Demand) -> bool:
        """Whether a demand has to be met whichever carriers are chosen, here and above."""
        if demand.home.is_optional and demand.on_whole_scope:
            return False
        scope = demand.home.scope
        known = self._certain.get(scope)
        if known is None:
            known = self._certain[scope] = scope.is_root or any(
                self._is_certain(parent) for parent in scope.parents
            )
        return known
