"""What a plan would be if one field came from another subgraph: the operation is planned again for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.errors import PlanningError
from gateway.query_graph.budget import BudgetSpent
from gateway.query_plan.explanation import Outcome

from .growth import Ban, Given, place_of
from .plan_writer import count_requests
from .scopes import Demand
from .search import Grown


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a plan, and how it is planned: all of a query, or a root field of a mutation."""

    grown: Grown
    plan: Callable[[Given, frozenset[Ban]], Grown]
    """The best plan found that respects bans, with fields from where it is given; raises ``PlanningError``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How another plan compares with the one that there is."""

    outcome: Outcome
    more_requests: int | None = None


class Alternatives:
    """Tries alternatives to a plan until there are no steps left."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._plan = [part.grown for part in parts]
        self._is_spent = False

    def compare(self, part: Part, demand: Demand, graph: int) -> Comparison:
        """Compare the plan with the best one in which a field of a part comes from a graph."""
        if self._is_spent:
            return Comparison(Outcome.UNKNOWN)
        try:
            other = _plan_with(part, demand, graph)
        except PlanningError:
            return Comparison(Outcome.NOT_FOUND)
        except (BudgetSpent, RecursionError):
            # Whatever was being worked out is left half done, so nothing can be asked any more.
            self._is_spent = True
            return Comparison(Outcome.UNKNOWN)
        plan = [other if each is part.grown else each for each in self._plan]
        more_requests = count_requests(plan) - count_requests(self._plan)
        return Comparison(_outcome(more_requests, part.grown, other), more_requests)


def _plan_with(part: Part, demand: Demand, graph: int) -> Grown:
    given = {place_of(demand): graph}
    try:
        return part.plan(given, frozenset())
    except PlanningError:
        # The graph may have been entered with the very field; objects that are carried there have no such need.
        taken = part.grown.growth.decisions[demand].position
        return part.plan(given, frozenset({Ban(demand.home.scope, taken)}))


def _outcome(more_requests: int, plan: Grown, other: Grown) -> Outcome:
    if more_requests:
        return Outcome.MORE_REQUESTS if more_requests > 0 else Outcome.BETTER
    differences = [theirs - ours for ours, theirs in zip(plan.cost, other.cost, strict=True)]
    _, waves, calls, fields, _ = differences
    for difference, outcome in (
        (waves, Outcome.LATER),
        (calls, Outcome.MORE_CALLS),
        (fields, Outcome.LARGER),
    ):
        if difference:
            return outcome if difference > 0 else Outcome.BETTER
    return Outcome.AS_GOOD
