"""Mutations run their root fields one after the other; subscriptions have one. Spec: GraphQL, 6.2.2."""

from __future__ import annotations

from gateway.query_plan.nodes import OperationKind
from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of, supergraph_of

SUPERGRAPH = supergraph_of(
    a="""
      type Query { q: Int }
      type Mutation { add(n: Int): P  remove: P  both: P @shareable }
      type Subscription { changed: P }
      type P @key(fields: "id") { id: ID! price: Int }
    """,
    b="""
      type Mutation { reset: Int  both: P @shareable }
      type P @key(fields: "id") {
        id: ID!
        x: Int
        price: Int @external
        estimate: Int @requires(fields: "price")
      }
    """,
)


def test_everything_of_one_field_is_done_before_the_next_begins() -> None:
    plan = plan_of(SUPERGRAPH, "mutation { first: add(n: 1) { x } reset second: add(n: 2) { x } }")

    assert fetch_lines(plan) == [
        "0 a: mutation{first: add(n: 1){id}}",
        "1 b after 0: _entities{... on P{x}}",
        "  at first send P(id)",
        "2 b after 1: mutation{reset}",
        "3 a after 2: mutation{second: add(n: 2){id}}",
        "4 b after 3: _entities{... on P{x}}",
        "  at second send P(id)",
    ]
    assert [fetch.kind for fetch in plan.fetches] == [
        OperationKind.MUTATION,
        OperationKind.QUERY,
        OperationKind.MUTATION,
        OperationKind.MUTATION,
        OperationKind.QUERY,
    ]


def test_neighbours_of_one_subgraph_share_a_request_when_nothing_comes_between() -> None:
    plan = plan_of(
        SUPERGRAPH, "mutation { one: add(n: 1) { id } two: add(n: 2) { x } remove { id } }"
    )

    assert fetch_lines(plan) == [
        "0 a: mutation{one: add(n: 1){id} two: add(n: 2){id}}",
        "1 b after 0: _entities{... on P{x}}",
        "  at two send P(id)",
        "2 a after 1: mutation{remove{id}}",
    ]


def test_the_call_that_carries_inputs_carries_the_plain_fields_too() -> None:
    """The entity may be gone by the second call."""
    plan = plan_of(SUPERGRAPH, "mutation { remove { x estimate } }")

    assert fetch_lines(plan) == [
        "0 a: mutation{remove{id price}}",
        "1 b after 0: _entities{... on P{estimate x}}",
        "  at remove send P(id price?)",
    ]


def test_a_shared_mutation_is_run_in_one_subgraph_only() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "mutation { both { price x } }")) == [
        "0 a: mutation{both{price id}}",
        "1 b after 0: _entities{... on P{x}}",
        "  at both send P(id)",
    ]


def test_a_shared_mutation_is_run_where_most_of_the_answer_is() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "mutation { both { x } }")) == ["0 b: mutation{both{x}}"]


def test_a_subscription_completes_each_event() -> None:
    plan = plan_of(SUPERGRAPH, "subscription { changed { id x } }")

    assert plan.kind is OperationKind.SUBSCRIPTION
    assert fetch_lines(plan) == [
        "0 a: subscription{changed{id}}",
        "1 b after 0: _entities{... on P{x}}",
        "  at changed send P(id)",
    ]
