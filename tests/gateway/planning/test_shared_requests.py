"""A choice between subgraphs sees what the same request does for other types and places.

Requests to one subgraph in one wave are sent as one, so a subgraph that is asked anyway costs nothing more, and one
that serves several places beats those that serve one each.
"""

from __future__ import annotations

from gateway.query_plan.nodes import QueryPlan
from tests.support.supergraphs import plan_of, supergraph_of


def asked(plan: QueryPlan) -> list[str]:
    return sorted(fetch.subgraph for fetch in plan.fetches)


def entities(*names: str, fields: str = "") -> str:
    return " ".join(
        f'type {name} @key(fields: "id") {{ id: ID! {fields} @shareable }}' for name in names
    )


LABEL = "label: String"


def test_one_subgraph_for_several_types_of_an_interface() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { node: Node }
          interface Node { id: ID! label: String }
          type X implements Node @key(fields: "id") { id: ID! label: String @external }
          type Y implements Node @key(fields: "id") { id: ID! label: String @external }
        """,
        b=entities("X", fields=LABEL),
        c=entities("Y", fields=LABEL),
        d=entities("X", "Y", fields=LABEL),
    )

    assert asked(plan_of(supergraph, "{ node { label id } }")) == ["a", "d"]


def test_one_subgraph_for_several_members_of_a_union() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { any: Any }
          union Any = X | Y
          type X @key(fields: "id") { id: ID! }
          type Y @key(fields: "id") { id: ID! }
        """,
        b=entities("X", fields=LABEL),
        c=entities("Y", fields="title: String"),
        d=f"{entities('X', fields=LABEL)} {entities('Y', fields='title: String')}",
    )

    plan = plan_of(supergraph, "{ any { ... on X { label } ... on Y { title } } }")

    assert asked(plan) == ["a", "d"]


def test_one_subgraph_for_several_places() -> None:
    supergraph = supergraph_of(
        a=f"type Query {{ x: X y: Y z: Z }} {entities('X', 'Y', 'Z', fields='own: Int')}",
        b=entities("X", fields=LABEL),
        c=entities("Y", fields=LABEL),
        d=entities("Z", fields=LABEL),
        e=entities("X", "Y", "Z", fields=LABEL),
    )

    assert asked(plan_of(supergraph, "{ x { label } y { label } z { label } }")) == ["a", "e"]


def test_places_at_different_depths_of_one_subgraph() -> None:
    supergraph = supergraph_of(
        a=f"""
          type Query {{ x: X }}
          type X @key(fields: "id") {{ id: ID! y: Y }}
          {entities("Y", fields="own: Int")}
        """,
        b=entities("X", fields=LABEL),
        c=entities("Y", fields=LABEL),
        d=entities("X", "Y", fields=LABEL),
    )

    assert asked(plan_of(supergraph, "{ x { label y { label } } }")) == ["a", "d"]


def test_a_subgraph_that_is_asked_in_the_same_wave_anyway() -> None:
    supergraph = supergraph_of(
        a=f"type Query {{ x: X y: Y }} {entities('X', 'Y', fields='own: Int')}",
        b=entities("X", fields=LABEL),
        c=f"{entities('X', fields=LABEL)} {entities('Y', fields='title: String')}",
    )

    assert asked(plan_of(supergraph, "{ x { label } y { title } }")) == ["a", "c"]


def test_a_longer_key_is_no_reason_to_ask_one_more() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { x: X y: Y }
          type X @key(fields: "id") { id: ID! code: String @shareable }
          type Y @key(fields: "id") { id: ID! }
        """,
        b=entities("X", fields=LABEL),
        c=f"""
          type X @key(fields: "id code") {{ id: ID! code: String @shareable label: String @shareable }}
          {entities("Y", fields="title: String")}
        """,
    )

    assert asked(plan_of(supergraph, "{ x { label } y { title } }")) == ["a", "c"]


def test_two_steps_that_are_taken_anyway_beat_one_that_is_not() -> None:
    supergraph = supergraph_of(
        a=f"type Query {{ x: X y: Y }} {entities('X', 'Y', fields='own: Int')}",
        b=entities("X", fields=LABEL),
        c="""
          type X @key(fields: "id") { id: ID! code: String! @shareable }
          type Y @key(fields: "id") { id: ID! code: String! @shareable }
        """,
        d="""
          type X @key(fields: "code") { code: String! label: String @shareable }
          type Y @key(fields: "code") { code: String! title: String }
        """,
    )

    assert asked(plan_of(supergraph, "{ x { label } y { title } }")) == ["a", "c", "d"]


def test_a_root_of_several_subgraphs_comes_from_one_that_is_asked_for_others() -> None:
    supergraph = supergraph_of(
        a="type Query { one: Int @shareable }",
        b="type Query { two: Int @shareable }",
        c="type Query { one: Int @shareable two: Int @shareable three: Int @shareable }",
        d="type Query { three: Int @shareable }",
    )

    assert asked(plan_of(supergraph, "{ one two three }")) == ["c"]


def test_a_leaf_may_come_with_a_later_request_to_the_same_subgraph() -> None:
    supergraph = supergraph_of(
        a=f"type Query {{ x: X y: Y }} {entities('X', 'Y', fields='own: Int')}",
        b=entities("X", fields=LABEL),
        c="""
          type Y @key(fields: "id") { id: ID! z: Z }
          type Z @key(fields: "id") { id: ID! }
        """,
        d=f"{entities('X', fields=LABEL)} {entities('Z', fields='title: String')}",
    )

    assert asked(plan_of(supergraph, "{ x { label } y { z { title } } }")) == ["a", "c", "d"]


def test_the_type_of_objects_is_asked_of_a_subgraph_that_is_asked_anyway() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { media: [Media] }
          type Media @key(fields: "id") @interfaceObject { id: ID! }
        """,
        b="""
          type Query { other: Other }
          interface Media @key(fields: "id") { id: ID! }
          type Book implements Media @key(fields: "id") { id: ID! }
          type Other @key(fields: "id") { id: ID! }
        """,
        c="""
          interface Media @key(fields: "id") { id: ID! }
          type Book implements Media @key(fields: "id") { id: ID! }
          type Other @key(fields: "id") { id: ID! name: String }
        """,
    )

    plan = plan_of(supergraph, "{ media { __typename } other { name } }")

    assert asked(plan) == ["a", "b", "c"]


def test_of_two_keys_that_are_had_the_one_that_is_had_first_is_sent() -> None:
    """Nothing waits for a key of its own subgraph's when another is there already."""
    supergraph = supergraph_of(
        a='type Query { x: X } type X @key(fields: "id") { id: ID! }',
        b='type X @key(fields: "id") { id: ID! code: ID! @shareable b: Int }',
        c='type X @key(fields: "code") @key(fields: "id") { id: ID! code: ID! @shareable c: Int }',
    )

    plan = plan_of(supergraph, "{ x { b code c } }")

    assert [len(fetch.depends_on) for fetch in plan.fetches if fetch.entities] == [1, 1]
    assert {number for fetch in plan.fetches for number in fetch.depends_on} == {
        fetch.id for fetch in plan.fetches if not fetch.entities
    }


def test_a_root_is_not_asked_for_what_a_call_that_is_made_anyway_can_bring() -> None:
    supergraph = supergraph_of(
        a=f"type Query {{ shared: X @shareable one: X }} {entities('X', fields='own: Int')}",
        b=f"type Query {{ shared: X @shareable }} {entities('X', fields=LABEL)}",
    )

    assert asked(plan_of(supergraph, "{ one { own label } shared { label } }")) == ["a", "b"]
