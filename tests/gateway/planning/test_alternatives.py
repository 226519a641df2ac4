"""What explanations say of alternatives is true, on random supergraphs.

A field is taken away from all subgraphs but the alternative, and the operation planned as if that had always been so:
another way to come to the other plan than explanations have. It takes as many more requests as was said, and no fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.errors import PlanningError
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import NormalizedOperation, normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion
from gateway.planning.planner import plan_and_explain, plan_operation
from gateway.query_plan.explanation import (
    Alternative,
    Because,
    FieldReason,
    Outcome,
    PlanExplanation,
    Purpose,
)
from gateway.query_plan.explanation_printer import print_explanation
from gateway.query_plan.nodes import QueryPlan
from gateway.query_plan.printer import print_plan
from gateway.supergraph.model import Supergraph
from tests.support.oracle import oracle_of
from tests.support.random_operations import RandomOperation

OPERATIONS = 6


def resolved_only_by(supergraph: Supergraph, coordinate: str, subgraph: str) -> Supergraph:
    """The supergraph if no other subgraph resolved a field."""
    type_name, field_name = coordinate.split(".")
    definition = supergraph.types[type_name]
    found = definition.fields[field_name]
    graphs = {
        graph: each
        if supergraph.graph_names[graph] == subgraph
        else replace(each, is_external=True, provides=None, requires=None)
        for graph, each in found.graphs.items()
    }
    fields = {**definition.fields, field_name: replace(found, graphs=graphs)}
    types = {**supergraph.types, type_name: replace(definition, fields=fields)}
    return replace(supergraph, types=types, derived={})


def normalized_random(supergraph: Supergraph, operation: RandomOperation) -> NormalizedOperation:
    document = parse_document(operation.text, max_tokens=100_000)
    selected = select_operation(document, None)
    values = VariableCoercion(selected, supergraph.api_schema).coerce(operation.variables)
    conditions = {name: bool(values[name]) for name in condition_variables(selected, document)}
    return normalize_operation(document, selected, supergraph, conditions)


def places(explanation: PlanExplanation, coordinate: str) -> set[tuple[str, str]]:
    """Where a field is served, and by whom."""
    return {
        (field.path, fetch.subgraph)
        for fetch in explanation.fetches
        for field in fetch.fields
        if field.coordinate == coordinate
    }


def alternatives_to_try(explanation: PlanExplanation) -> Iterator[tuple[FieldReason, Alternative]]:
    """Alternatives for what clients want in one place only, and what nobody provides."""
    for fetch in explanation.fetches:
        for field in fetch.fields:
            if (
                len(places(explanation, field.coordinate)) == 1
                and field.purpose is Purpose.CLIENT
                and field.because is not Because.PROVIDED
            ):
                yield from ((field, alternative) for alternative in field.alternatives)


def plan_with(
    supergraph: Supergraph, operation: NormalizedOperation, field: FieldReason, subgraph: str
) -> QueryPlan | None:
    """The plan in which one place changes its subgraph; ``None`` when that is not what planning comes to."""
    try:
        plan, explanation = plan_and_explain(
            resolved_only_by(supergraph, field.coordinate, subgraph), operation
        )
    except PlanningError:
        return None
    found = places(explanation, field.coordinate)
    return plan if found == {(field.path, subgraph)} else None


def test_a_plan_with_an_alternative_takes_as_many_more_requests_as_was_said() -> None:
    outcomes: Counter[Outcome] = Counter()
    differences = 0

    @settings(
        max_examples=30,
        derandomize=True,
        database=None,
        deadline=None,
        # About half of the random subgraphs do not compose, and that is composition's to test.
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(seed=st.integers(0, 10**9))
    def compare(seed: int) -> None:
        nonlocal differences
        oracle = oracle_of(seed)
        assume(oracle is not None)
        assert oracle is not None
        supergraph = oracle.supergraph
        for random_operation in oracle.operations(OPERATIONS, seed):
            operation = normalized_random(supergraph, random_operation)
            plan, explanation = plan_and_explain(supergraph, operation)
            for field, alternative in alternatives_to_try(explanation):
                other = plan_with(supergraph, operation, field, alternative.subgraph)
                if other is None or alternative.outcome is Outcome.NOT_FOUND:
                    continue
                outcomes[alternative.outcome] += 1
                assert alternative.outcome is not Outcome.IMPOSSIBLE
                assert alternative.requests is not None
                more = len(other.fetches) - len(plan.fetches)
                # A field that nobody else has is planned in another order, and the search may end elsewhere.
                differences += more != alternative.requests
                assert more >= alternative.requests, (
                    f"{field.path}: {alternative}\n{random_operation.text}\n{print_plan(plan)}"
                    f"{print_explanation(explanation)}{print_plan(other)}"
                )

    compare()

    assert outcomes[Outcome.MORE_REQUESTS] >= 8
    assert outcomes[Outcome.LATER] + outcomes[Outcome.AS_GOOD] >= 5
    assert differences <= outcomes.total() // 30


def test_an_explanation_is_of_the_plan_that_is_made() -> None:
    """Trying others leaves no trace."""
    for seed in range(12):
        oracle = oracle_of(seed)
        for random_operation in oracle.operations(OPERATIONS, seed) if oracle else ():
            assert oracle is not None
            operation = normalized_random(oracle.supergraph, random_operation)
            plan = plan_operation(oracle.supergraph, operation)

            explained, explanation = plan_and_explain(oracle.supergraph, operation)

            assert explained == plan
            assert [each.id for each in explanation.fetches] == [each.id for each in plan.fetches]
