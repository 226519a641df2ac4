"""Carriers: the ways to have a field that may carry the scope below it, when there are several."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import PlanningError
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import Option

from .scopes import PlanClass, Scope, move_key


def arrivals(graph: QueryGraph, scope: Scope, name: str) -> dict[Position, int]:
    """Where objects of one type stand after any of a scope's carriers, at no cost."""
    return {
        position: 0
        for option in scope.carriers
        if (position := graph.arrive(option.move, name)) is not None
    }


class Carriers:
    """Settles the carriers of scopes."""

    def __init__(self, graph: QueryGraph, reach: Reach) -> None:
        self._graph = graph
        self._reach = reach

    def settle(self, scope: Scope) -> None:
        """Settle which ways of the parent's field may carry an interface.

        Fields asked of every type alike come with one carrier, so each carrier must serve them for all
        types that it can return. Fields under fragments may each choose a carrier of their own.

        Raises:
            PlanningError: no carrier serves, or some field can be had from nobody.
        """
        if len(scope.carriers) > 1 and len(scope.classes) > 1:
            able = tuple(option for option in scope.carriers if self._serves_alone(scope, option))
            if not able:
                raise _unplannable(scope, "its fields")
            if len(able) < len(scope.carriers) and self._serve_fragments(scope.classes, able):
                self._restrict(scope, able)
            self._avoid_dead_ends(scope)
            for plan_class in scope.classes:
                plan_class.is_optional = any(
                    self._graph.arrive(option.move, plan_class.type_name) is None
                    for option in scope.carriers
                )
        for plan_class in scope.all_classes():
            for demand in plan_class.demands:
                if not self._reach.options(plan_class.reached, demand.name):
                    raise _unplannable(scope, f"{plan_class.type_name}.{demand.name}")

    def _serves_alone(self, scope: Scope, option: Option) -> bool:
        for plan_class in scope.classes:
            position = self._graph.arrive(option.move, plan_class.type_name)
            wanted = [demand for demand in plan_class.demands if demand.on_whole_scope]
            if position is None or not wanted:
                continue
            reached = self._reach.from_positions(
                plan_class.type_name,
                ((position, 0),),
                knows_type=plan_class.knows_type,
                contexts=scope.contexts,
            )
            if not all(self._reach.options(reached, demand.name) for demand in wanted):
                return False
        return True

    def _avoid_dead_ends(self, scope: Scope) -> None:
        """Leave out carriers of a type of which more is wanted than anyone can say.

        Where another carrier never returns the type, asking that one alone leaves nothing to answer.
        """
        dead_ends = [each for each in scope.classes if not self._is_answerable(each)]
        if not dead_ends:
            return
        able = tuple(
            option
            for option in scope.carriers
            if all(self._graph.arrive(option.move, each.type_name) is None for each in dead_ends)
            and self._serves_alone(scope, option)
        )
        others = [each for each in scope.classes if each not in dead_ends]
        if able and self._serve_fragments(others, able):
            self._restrict(scope, able)

    def _is_answerable(self, plan_class: PlanClass) -> bool:
        return all(
            self._reach.options(plan_class.reached, demand.name) for demand in plan_class.demands
        )

    def _serve_fragments(self, classes: Sequence[PlanClass], carriers: Sequence[Option]) -> bool:
        for plan_class in classes:
            wanted = [demand for demand in plan_class.demands if not demand.on_whole_scope]
            if not wanted:
                continue
            starts = self._reach.arrivals(carriers, plan_class.type_name)
            reached = self._reach.from_positions(
                plan_class.type_name,
                starts.items(),
                knows_type=plan_class.knows_type,
                contexts=plan_class.scope.contexts,
            )
            if not all(self._reach.options(reached, demand.name) for demand in wanted):
                return False
        return True

    def _restrict(self, scope: Scope, carriers: tuple[Option, ...]) -> None:
        scope.carriers = carriers
        scope.carrier_moves = frozenset(move_key(option.move) for option in carriers)
        kept = []
        for plan_class in scope.classes:
            starts = arrivals(self._graph, scope, plan_class.type_name)
            if starts:
                kept.append(plan_class)
                plan_class.reached = self._reach.from_positions(
                    plan_class.type_name,
                    starts.items(),
                    knows_type=plan_class.knows_type,
                    contexts=scope.contexts,
                )
        scope.classes = kept
        scope.returned_types = frozenset(name for each in kept for name in each.types)


def _unplannable(scope: Scope, what: str) -> PlanningError:
    path = []
    at = scope
    while at.parents:
        path.append(at.parents[0].response_key or at.parents[0].name)
        at = at.parents[0].home.scope
    place = ".".join(reversed(path)) or "the root"
    return PlanningError(f"No subgraph can answer {what} at {place}.")
