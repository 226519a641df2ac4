"""@interfaceObject: subgraphs that answer for an interface without knowing its types."""

from __future__ import annotations

import pytest

from gateway.errors import PlanningError
from gateway.supergraph.loader import load_supergraph
from tests.gateway.supergraph.join_sdl import supergraph_sdl
from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of, supergraph_of

ACCOUNTS = """
  type Query { accounts: [Account] }
  interface Account @key(fields: "id") { id: ID! name: String }
  type Admin implements Account @key(fields: "id") { id: ID! name: String level: Int }
  type User implements Account @key(fields: "id") { id: ID! name: String }
"""
SCORES = """
  type Query { top: [Account] }
  type Account @key(fields: "id") @interfaceObject {
    id: ID!
    name: String @external
    score: Int
    greeting: String @requires(fields: "name")
  }
"""
EXTRAS = 'type Admin @key(fields: "id") { id: ID! extra: Int }'
SUPERGRAPH = supergraph_of(accounts=ACCOUNTS, scores=SCORES, extras=EXTRAS)


def test_what_the_interface_object_has_needs_no_type() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ top { id score } }")) == [
        "0 scores: query{top{id score}}"
    ]


def test_objects_of_every_type_are_sent_as_the_interface() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ accounts { score } }")) == [
        "0 accounts: query{accounts{id}}",
        "1 scores after 0: _entities{... on Account{score}}",
        "  at accounts.@ send Account(id)",
    ]


def test_under_a_fragment_only_its_types_are_sent() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ accounts { ... on Admin { score level } } }")) == [
        "0 accounts: query{accounts{__typename ... on Admin{level id}}}",
        "1 scores after 0: _entities{... on Account{score}}",
        "  at accounts.@ send Admin as Account(id)",
    ]


def test_types_are_learnt_from_whoever_has_the_interface() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ top { __typename score } }")) == [
        "0 scores: query{top{score id}}",
        "1 accounts after 0: _entities{... on Account{__typename}}",
        "  at top.@ send Account(id)",
    ]


def test_types_that_need_not_be_known_are_not_waited_for() -> None:
    """Both subgraphs are asked about every object at once, though only those of one type have the fields."""
    supergraph = supergraph_of(
        scores="""
          type Query { top: [Account] }
          type Account @key(fields: "id") @interfaceObject { id: ID! score: Int }
        """,
        accounts="""
          interface Account @key(fields: "id") { id: ID! name: String }
          type Admin implements Account @key(fields: "id") { id: ID! name: String level: Int }
          type User implements Account @key(fields: "id") { id: ID! name: String }
        """,
        teams="""
          interface Account @key(fields: "id") { id: ID! team: String }
          type Admin implements Account @key(fields: "id") { id: ID! team: String rank: Int }
          type User implements Account @key(fields: "id") { id: ID! team: String }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ top { ... on Admin { level rank } } }")) == [
        "0 scores: query{top{id}}",
        "1 accounts after 0: _entities{... on Account{... on Admin{level} __typename}}",
        "  at top.@ send Account(id)",
        "2 teams after 0: _entities{... on Account{... on Admin{rank} __typename}}",
        "  at top.@ send Account(id)",
    ]


def test_a_field_that_both_have_is_taken_from_where_the_object_was_found() -> None:
    plan = plan_of(SUPERGRAPH, "{ top { ... on Admin { score level } } }")

    assert fetch_lines(plan) == [
        "0 scores: query{top{score id}}",
        "1 accounts after 0: _entities{... on Account{... on Admin{level} __typename}}",
        "  at top.@ send Account(id)",
    ]


def test_a_type_that_is_extended_elsewhere_is_learnt_first() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ top { ... on Admin { extra } } }")) == [
        "0 scores: query{top{id}}",
        "1 accounts after 0: _entities{... on Account{__typename}}",
        "  at top.@ send Account(id)",
        "2 extras after 1: _entities{... on Admin{extra}}",
        "  at top.@ send Admin(id)",
    ]


def test_requirements_are_read_from_the_interface() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ top { greeting } }")) == [
        "0 scores: query{top{id}}",
        "1 accounts after 0: _entities{... on Account{name}}",
        "  at top.@ send Account(id)",
        "2 scores after 1: _entities{... on Account{greeting}}",
        "  at top.@ send Account(id name?)",
    ]


def test_requirements_at_hand_are_sent_at_once() -> None:
    assert fetch_lines(plan_of(SUPERGRAPH, "{ accounts { greeting } }")) == [
        "0 accounts: query{accounts{id name}}",
        "1 scores after 0: _entities{... on Account{greeting}}",
        "  at accounts.@ send Account(id name?)",
    ]


def test_one_key_does_not_stand_for_two_fields_where_types_are_not_told_apart() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { any: [Any] }
          union Any = X | Y
          interface I @key(fields: "id") { id: ID! }
          type X implements I @key(fields: "id") { id: ID! }
          type Y implements I @key(fields: "id") { id: ID! }
        """,
        b='type I @key(fields: "id") @interfaceObject { id: ID! n(of: Int): Int }',
    )

    plan = plan_of(supergraph, "{ any { ... on X { n } ... on Y { n(of: 1) } } }")

    assert fetch_lines(plan) == [
        "0 a: query{any{__typename ... on X{id} ... on Y{id}}}",
        "1 b after 0: _entities{... on I{_h1_n: n(of: 1) n}}",
        "  at any.@ send I(id)",
    ]


def test_an_interface_object_that_cannot_be_entered_is_no_way() -> None:
    """No composer of ours lets this pass, but others do."""
    both = '@join__type(graph: A, key: "id")'
    supergraph = load_supergraph(
        supergraph_sdl(
            f"""
            type Query @join__type(graph: A) @join__type(graph: B) {{
              accounts: [Account] @join__field(graph: A)
              top: Account @join__field(graph: B)
            }}
            interface Account {both}
              @join__type(graph: B, key: "id", resolvable: false, isInterfaceObject: true) {{
              id: ID!
              score: Int @join__field(graph: B)
            }}
            type Admin implements Account {both}
              @join__implements(graph: A, interface: "Account") {{
              id: ID!
              score: Int @join__field
            }}
            """
        )
    )

    assert fetch_lines(plan_of(supergraph, "{ top { score } }")) == ["0 b: query{top{score}}"]
    with pytest.raises(PlanningError, match=r"Admin\.score at accounts"):
        plan_of(supergraph, "{ accounts { score } }")


def test_under_a_fragment_types_are_learnt_before_another_interface_object_is_asked() -> None:
    supergraph = supergraph_of(
        accounts=ACCOUNTS,
        scores=SCORES,
        notes='type Account @key(fields: "id") @interfaceObject { id: ID! note: String }',
    )

    assert fetch_lines(plan_of(supergraph, "{ top { ... on Admin { note } } }")) == [
        "0 scores: query{top{id}}",
        "1 accounts after 0: _entities{... on Account{__typename}}",
        "  at top.@ send Account(id)",
        "2 notes after 1: _entities{... on Account{note}}",
        "  at top.@ send Admin as Account(id)",
    ]
