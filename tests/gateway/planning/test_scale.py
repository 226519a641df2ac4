"""Planning large operations, counted in steps: double the size costs about double the steps.

A sparse set cover takes more, and must: every field is a choice, and the search grows the plan again without each graph
that was chosen, up to ``MAX_REGROWTHS``. Double the size is double the choices to try and double the plan to grow, so
four times the steps at most until that limit is met.

``make bench`` prints what the same shapes cost in milliseconds.
"""

from __future__ import annotations

import pytest

from gateway.errors import PlanningLimitExceeded
from gateway.planning.planner import MAX_STEPS
from gateway.query_graph.budget import Budget
from gateway.query_plan.nodes import QueryPlan
from tests.support.planning_shapes import (
    SHAPES,
    PlanningCase,
    PlanningShape,
    fragments_spread_twice,
    many_leaves,
    many_subgraphs,
    one_kind_of_implementation,
    ping_pong,
    requirements_in_a_row,
    two_kinds_of_implementation,
    wide_union,
)
from tests.support.supergraphs import plan_of, supergraph_of


def planned(case: PlanningCase) -> tuple[QueryPlan, int]:
    """The plan of a case, and the steps it took over a supergraph that was never asked before."""
    budget = Budget(MAX_STEPS)
    plan = plan_of(supergraph_of(**case.sdls), case.operation, budget=budget)
    return plan, budget.spent


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_double_the_size_costs_about_double_the_steps(shape: PlanningShape) -> None:
    _, half = planned(shape.build(shape.size // 2))
    _, whole = planned(shape.build(shape.size))

    assert whole <= shape.growth * half


@pytest.mark.parametrize(
    ("case", "requests"),
    [
        (one_kind_of_implementation(50), 1),
        (two_kinds_of_implementation(50), 2),
        (requirements_in_a_row(5), 10),
        (many_subgraphs(10), 10),
        (ping_pong(7), 7),
        (wide_union(20), 2),
        (fragments_spread_twice(30), 2),
    ],
    ids=["one kind", "two kinds", "requirements", "subgraphs", "ping-pong", "union", "fragments"],
)
def test_large_operations_take_few_requests(case: PlanningCase, requests: int) -> None:
    plan, _ = planned(case)

    assert len(plan.fetches) == requests


def test_planning_again_takes_fewer_steps_and_gives_the_same_plan() -> None:
    case = requirements_in_a_row(10)
    supergraph = supergraph_of(**case.sdls)
    first, second = Budget(MAX_STEPS), Budget(MAX_STEPS)

    plans = [plan_of(supergraph, case.operation, budget=budget) for budget in (first, second)]

    assert plans[0] == plans[1]
    assert second.spent < first.spent


def test_keys_that_are_had_by_keys_in_a_ring_are_proven_once_each() -> None:
    """A proof that is asked for in its own midst does not make the others around it start over."""

    def steps(count: int) -> int:
        links = [
            " ".join(f"n{j}: T{(i + j) % count} @shareable" for j in (1, 2)) for i in range(count)
        ]
        a = [f"type T{i} {{ {links[i]} {'id: ID @shareable' * (not i)} }}" for i in range(count)]
        b = [
            f'type T{i} @key(fields: "n1 {{ id }}") @key(fields: "n2 {{ id }}") '
            f"{{ {links[i]} id: ID @shareable }}"
            for i in range(count)
        ]
        budget = Budget(MAX_STEPS)
        supergraph = supergraph_of(a=f"type Query {{ t: T1 }} {' '.join(a)}", b=" ".join(b))
        plan_of(supergraph, "{ t { id } }", budget=budget)
        return budget.spent

    assert steps(16) <= 4 * steps(8)


def test_a_hostile_operation_is_refused() -> None:
    """Fields of two types below each other, thirty deep: a million places of the answer."""
    types = " ".join(f"type {name} implements N {{ next: N {name.lower()}: Int }}" for name in "AB")
    supergraph = supergraph_of(a=f"type Query {{ n: N }} interface N {{ next: N }} {types}")
    fragments = " ".join(
        f"fragment F{i} on N {{ ... on A {{ next {{ ...F{i + 1} }} }}"
        f" ... on B {{ next {{ ...F{i + 1} }} }} }}"
        for i in range(30)
    )
    source = (
        f"{{ n {{ ...F0 }} }} {fragments} fragment F30 on N {{ next {{ next {{ __typename }} }} }}"
    )

    with pytest.raises(PlanningLimitExceeded) as refused:
        plan_of(supergraph, source)

    assert refused.value.code == "MAX_PLANNING_STEPS_LIMIT"


def test_an_operation_with_more_places_than_steps_is_refused() -> None:
    case = many_leaves(2000)

    with pytest.raises(PlanningLimitExceeded):
        plan_of(supergraph_of(**case.sdls), case.operation, budget=Budget(1000))
