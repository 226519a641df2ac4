"""Demands for what only the plan needs: keys, inputs of ``@requires``, values of contexts."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.planning.scope_builder import ScopeBuilder
from gateway.planning.scopes import Demand, PlanClass, Scope
from gateway.supergraph.selections import Selection


class HiddenDemands:
    """The hidden demands of one plan."""

    def __init__(self, builder: ScopeBuilder) -> None:
        self._builder = builder
        self._known: dict[tuple[PlanClass, str, str], list[Demand]] = {}
        self.all: list[Demand] = []
        """In the order in which they appeared: a parent before what is below it."""

    def demand_for(self, home: PlanClass, selection: Selection) -> Demand:
        """A demand equal to what the client wants, or to an earlier hidden one, or a new one."""
        is_composite = bool(selection.selections)
        known = self._known.setdefault((home, selection.name, selection.arguments), [])
        wanted = [
            demand
            for demand in home.demands
            if demand.name == selection.name and demand.arguments == selection.arguments
        ]
        for demand in (*wanted, *known):
            if not is_composite or _fits(demand.child, selection.selections):
                return demand
        demand = self._builder.hidden_demand(home, selection)
        # A field whose objects fall into other classes is fetched beside the first, not with it.
        demand.shares_key = not (is_composite and (wanted or known))
        known.append(demand)
        self.all.append(demand)
        if is_composite:
            demand.child = self._builder.build_hidden(demand, selection.selections)
        return demand


def _fits(scope: Scope | None, selections: Sequence[Selection]) -> bool:
    """Whether each class of a scope is wholly inside or outside each type condition."""
    if scope is None:
        return False
    for selection in selections:
        if selection.on is not None:
            for plan_class in scope.classes:
                inside = selection.on.issuperset(plan_class.types)
                if not inside and not selection.on.isdisjoint(plan_class.types):
                    return False
    return True
