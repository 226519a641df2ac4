"""Plans an operation: scopes → growth and search → passes → text, representations and projection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from graphql import OperationType

from gateway.errors import PlanningError, PlanningLimitExceeded
from gateway.operations.normalize import NormalizedOperation
from gateway.query_graph.budget import Budget, BudgetSpent
from gateway.query_graph.graph import QueryGraph, query_graph_of
from gateway.query_graph.reach import Reach
from gateway.query_plan.explanation import PlanExplanation
from gateway.query_plan.nodes import Deferral, OperationKind, QueryPlan
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Defer

from .alternatives import Part
from .deferred_projection import Divider
from .explain_plan import explain_plan
from .fetch_graph import FetchNode
from .growth import NOTHING_GIVEN, Ban, Given
from .plan_writer import PlanWriter
from .projection import ProjectionBuilder
from .scope_builder import ScopeBuilder
from .scopes import Demand, Scope
from .search import Grown, RootLimits, Search

MAX_STEPS = 50_000
"""How many steps planning may take: scopes, demands, frames, keys looked at."""

MAX_COMPARISON_STEPS = 10 * MAX_STEPS
"""How many steps an explanation may take for plans with other subgraphs."""


def plan_operation(
    supergraph: Supergraph,
    operation: NormalizedOperation,
    *,
    override_labels: frozenset[str] = frozenset(),
    budget: Budget | None = None,
) -> QueryPlan:
    """Plan an operation.

    ``override_labels`` are the labels of progressive overrides that are active. ``budget`` counts the
    steps, ``MAX_STEPS`` at most when it is not given.

    Raises:
        PlanningError: some field can be had from no subgraph at its place.
        PlanningLimitExceeded: it would take more steps than the budget has, or is nested too deeply.
    """
    plan, _ = _plan(supergraph, operation, override_labels, budget or Budget(MAX_STEPS))
    return plan


def plan_and_explain(
    supergraph: Supergraph,
    operation: NormalizedOperation,
    *,
    override_labels: frozenset[str] = frozenset(),
) -> tuple[QueryPlan, PlanExplanation]:
    """Plan an operation, and say why its plan is as it is; raises what ``plan_operation`` does."""
    plan, planner = _plan(supergraph, operation, override_labels, Budget(MAX_STEPS))
    return plan, planner.explain()


def _plan(
    supergraph: Supergraph,
    operation: NormalizedOperation,
    override_labels: frozenset[str],
    budget: Budget,
) -> tuple[QueryPlan, _Planner]:
    try:
        planner = _Planner(supergraph, operation, override_labels, budget)
        return planner.plan(), planner
    except BudgetSpent as error:
        raise PlanningLimitExceeded("The operation is too large to be planned.") from error
    except RecursionError as error:
        raise PlanningLimitExceeded("The operation is nested too deeply to be planned.") from error


class _Planner:
    """Plans one operation, once."""

    def __init__(
        self,
        supergraph: Supergraph,
        operation: NormalizedOperation,
        override_labels: frozenset[str],
        budget: Budget,
    ) -> None:
        self._supergraph = supergraph
        self._operation = operation
        self._graph: QueryGraph = query_graph_of(
            supergraph, override_labels & supergraph.override_labels
        )
        self._reach = Reach(self._graph, budget)
        self._builder = ScopeBuilder(self._graph, self._reach, operation.denied_types)
        self._kind = OperationKind(operation.kind.value)
        self._parts: Sequence[Part] = ()
        self._ids: Mapping[FetchNode, int] = {}

    def plan(self) -> QueryPlan:
        root = self._builder.build_root(self._operation.root_type, self._operation.selections)
        if self._operation.kind is OperationType.QUERY:
            limits = RootLimits(defers=self._operation.defers)
            plan = partial(self._search(_scopes_below(root)).best, limits)
            self._parts = [Part(plan(), plan)]
        else:
            self._parts = list(self._plan_in_series(root))
        parts = [part.grown for part in self._parts]
        writer = self._write(parts)
        self._ids = writer.ids
        return QueryPlan(
            kind=self._kind,
            fetches=tuple(writer.fetches),
            projection=ProjectionBuilder(self._supergraph).build(root),
            introspection=self._operation.introspection,
            deferral=self._divide(root, parts, writer.ids) if self._operation.defers else None,
            denied=self._operation.denied,
        )

    def explain(self) -> PlanExplanation:
        """Explain what was planned."""
        # Planning has spent its steps, or most of them; these are for trying what it left.
        budget = self._reach.budget
        budget.limit = budget.spent + MAX_COMPARISON_STEPS
        return explain_plan(self._reach, self._parts, self._ids)

    def _search(self, scopes: Sequence[Scope]) -> Search:
        return Search(
            graph=self._graph,
            reach=self._reach,
            builder=self._builder,
            scopes=scopes,
        )

    def _plan_in_series(self, root: Scope) -> Iterator[Part]:
        """One plan for each root field, each with one graph to ask: no field is ever run twice."""
        for number, demand in enumerate(root.classes[0].demands):
            plan = partial(self._plan_root_field, root, number, demand)
            yield Part(plan(), plan)

    def _plan_root_field(
        self,
        root: Scope,
        part: int,
        demand: Demand,
        given: Given = NOTHING_GIVEN,
        bans: frozenset[Ban] = frozenset(),
    ) -> Grown:
        scopes = [root, *_scopes_below(demand.child)]
        search = self._search(scopes)
        options = self._reach.options(root.classes[0].reached, demand.name)
        plans: list[Grown] = []
        defers = tuple(
            defer for defer in self._operation.defers if defer.path[0] == demand.response_key
        )
        problem: PlanningError | None = None
        for graph in sorted({option.position.graph for option in options}):
            try:
                limits = RootLimits(frozenset({graph}), (demand,), part, defers)
                plans.append(search.best(limits, given, bans))
            except PlanningError as error:
                problem = error
        if not plans:
            raise problem or PlanningError(f"No subgraph can answer {demand.name}.")
        return min(plans, key=lambda plan: plan.cost)

    def _divide(
        self, root: Scope, parts: Sequence[Grown], ids: Mapping[FetchNode, int]
    ) -> Deferral | None:
        """How the answer is given in parts; ``None`` when all of it comes with the first."""
        homes: dict[Defer, Defer | None] = {}
        fetches: dict[Defer, frozenset[int]] = {}
        primary = set(ids.values())
        for part in parts:
            if part.deferral is not None:
                homes.update(part.deferral.homes)
                for defer in part.deferral.heeded:
                    fetches[defer] = frozenset(ids[node] for node in part.deferral.nodes_of(defer))
                    primary -= fetches[defer]
        if not fetches:
            return None
        return Divider(self._supergraph, homes).divide(root, frozenset(primary), fetches)

    def _write(self, parts: Sequence[Grown]) -> PlanWriter:
        writer = PlanWriter(self._supergraph, self._operation, self._kind)
        for part in parts:
            _claim_hidden_keys(self._builder, part)
        writer.write(parts)
        return writer


def _claim_hidden_keys(builder: ScopeBuilder, part: Grown) -> None:
    """Give hidden demands their keys; clients' keys are all given away before."""
    for demand in part.growth.hidden_demands:
        demand.key = builder.claim_key(demand)
        if demand.child is not None:
            demand.child.keys = builder.keys_below(demand)


def _scopes_below(scope: Scope | None) -> list[Scope]:
    """A scope and all below it, each once and after those above it."""
    found: dict[Scope, None] = {}
    pending = [scope] if scope is not None else []
    while pending:
        at = pending.pop()
        if at not in found:
            found[at] = None
            pending += reversed(
                [
                    demand.child
                    for plan_class in at.all_classes()
                    for demand in plan_class.demands
                    if demand.child is not None
                ]
            )
    return sorted(found, key=lambda each: each.depth)
