"""Planning ends: with a plan, or with an error that has a code. Its work grows with the operation, about linearly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import PlanningLimitExceeded
from gateway.planning.planner import plan_operation
from gateway.query_graph.budget import Budget
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Selection
from tests.support.supergraphs import normalized, plan_of, supergraph_of

NODES = supergraph_of(
    a="""
      type Query { start: Node }
      interface Node { id: ID! next: Node }
      type A implements Node @key(fields: "id") { id: ID! next: Node a: Int }
      type B implements Node @key(fields: "id") { id: ID! next: Node b: Int }
      type C implements Node @key(fields: "id") { id: ID! next: Node }
    """
)


def steps(supergraph: Supergraph, source: str) -> int:
    """The steps that planning an operation takes, over a supergraph that was never asked before."""
    budget = Budget(50_000)
    plan_of(supergraph, source, budget=budget)
    return budget.spent


def nested(depth: int) -> str:
    source = "id"
    for _ in range(depth):
        source = f"id next {{ {source} ... on A {{ a }} ... on B {{ b }} }}"
    return f"{{ start {{ {source} }} }}"


def test_an_operation_over_the_limit_is_refused() -> None:
    with pytest.raises(PlanningLimitExceeded, match="too large"):
        plan_of(NODES, nested(10), budget=Budget(50))


def test_nesting_without_end_is_refused() -> None:
    selections: tuple[Selection, ...] = ()
    for name in ("id", *["next"] * 2_000, "start"):
        selections = (Selection(name=name, response_key=name, selections=selections),)
    operation = replace(normalized(NODES, "{ start { id } }"), selections=selections)

    with pytest.raises(PlanningLimitExceeded, match="nested too deeply"):
        plan_operation(NODES, operation)


def test_interfaces_below_interfaces_do_not_multiply() -> None:
    assert steps(NODES, nested(20)) < 3 * steps(NODES, nested(10))


def test_implementations_that_are_treated_alike_count_once() -> None:
    def supergraph(count: int) -> Supergraph:
        types = " ".join(
            f'type T{i} implements N @key(fields: "id") {{ id: ID! name: String x{i}: Int }}'
            for i in range(count)
        )
        return supergraph_of(
            a=f"type Query {{ all: [N] }} interface N {{ id: ID! name: String }} {types}"
        )

    few, many = (steps(supergraph(count), "{ all { id name } }") for count in (10, 100))

    # Each type is looked at once, to see that it is like the others.
    assert many - few < 2 * 90


def test_fields_over_six_subgraphs_cost_a_few_steps_each() -> None:
    def planning(count: int) -> int:
        names = "abcdef"
        supergraph = supergraph_of(
            **{
                name: f'type Query {{ p_{name}: P }} type P @key(fields: "id") {{ id: ID! '
                + " ".join(f"{name}{i}: Int" for i in range(count))
                + " }"
                for name in names
            }
        )
        fields = " ".join(f"{name}{i}" for name in names for i in range(count))
        return steps(supergraph, f"{{ p_a {{ {fields} }} }}")

    small, large = planning(5), planning(50)

    assert small < 10 * 30
    assert large < 11 * small


def test_chains_of_requirements_do_not_multiply() -> None:
    def planning(count: int) -> int:
        own = " ".join(
            f"f{i}: Int" + (f' @requires(fields: "g{i - 1}")' if i else "") for i in range(count)
        )
        other = " ".join(f'g{i}: Int @requires(fields: "f{i}")' for i in range(count))
        foreign = " ".join(f"g{i}: Int @external" for i in range(count - 1))
        own_foreign = " ".join(f"f{i}: Int @external" for i in range(count))
        supergraph = supergraph_of(
            a='type Query { p: P } type P @key(fields: "id") { id: ID! ' + f"{own} {foreign} }}",
            b=f'type P @key(fields: "id") {{ id: ID! {other} {own_foreign} }}',
        )
        return steps(supergraph, f"{{ p {{ f{count - 1} }} }}")

    short, long = planning(5), planning(20)

    # The proof goes round once for every link of the chain.
    assert long < 20 * short
