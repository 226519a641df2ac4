"""Interfaces and unions: who is asked for which runtime types."""

from __future__ import annotations

import pytest

from gateway.errors import PlanningError
from gateway.query_plan.nodes import ListProjection, ObjectProjection, QueryPlan
from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of, supergraph_of


def below(plan: QueryPlan, *keys: str) -> ObjectProjection:
    """The projection under response keys, whatever the type."""
    found = plan.projection
    for key in keys:
        (value, *_) = [
            field.value
            for each in found.classes
            for field in each.fields
            if field.response_key == key
        ]
        while isinstance(value, ListProjection):
            value = value.item
        assert isinstance(value, ObjectProjection)
        found = value
    return found


def shown(projection: ObjectProjection) -> dict[str, list[str]]:
    """Response keys by type."""
    return {
        "+".join(sorted(each.types)): [field.response_key for field in each.fields]
        for each in projection.classes
    }


ITEMS = supergraph_of(
    a="""
      type Query { items: [Item] }
      interface Item { id: ID! owner: User }
      type Book implements Item { id: ID! owner: User pages: Int }
      type Film implements Item { id: ID! owner: User length: Int }
      type Song implements Item { id: ID! owner: User }
      type User @key(fields: "id") { id: ID! }
    """,
    users='type User @key(fields: "id") { id: ID! name: String }',
)


def test_fields_of_an_interface_are_asked_of_the_interface() -> None:
    plan = plan_of(ITEMS, "{ items { id } }")

    assert fetch_lines(plan) == ["0 a: query{items{id}}"]
    assert below(plan, "items").typename_key is None
    assert shown(below(plan, "items")) == {"Book+Film+Song": ["id"]}


def test_fragments_are_asked_by_type_and_every_type_has_its_answer() -> None:
    plan = plan_of(ITEMS, "{ items { ... on Book { pages } ... on Film { id length } } }")

    assert fetch_lines(plan) == [
        "0 a: query{items{__typename ... on Book{pages} ... on Film{id length}}}"
    ]
    assert below(plan, "items").typename_key == "__typename"
    assert shown(below(plan, "items")) == {
        "Book": ["pages"],
        "Film": ["id", "length"],
        "Song": [],
    }


def test_objects_of_all_types_go_in_one_call_when_asked_the_same() -> None:
    plan = plan_of(ITEMS, "{ items { owner { name } ... on Book { pages } } }")

    assert fetch_lines(plan) == [
        "0 a: query{items{__typename owner{id} ... on Book{pages}}}",
        "1 users after 0: _entities{... on User{name}}",
        "  at items.@.owner send User(id)",
    ]


def test_objects_under_a_fragment_are_found_by_type() -> None:
    plan = plan_of(ITEMS, "{ items { ... on Book { owner { name } } } }")

    assert fetch_lines(plan)[-1] == "  at items.@.<Book>.owner send User(id)"


def test_each_type_is_sent_to_where_its_fields_are() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { node: Node }
          interface Node { id: ID! name: String }
          type X implements Node @key(fields: "id") { id: ID! name: String @external }
          type Y implements Node @key(fields: "id") { id: ID! name: String @external }
          type Z implements Node @key(fields: "id") { id: ID! name: String }
        """,
        b='type X @key(fields: "id") { id: ID! name: String }',
        c='type Y @key(fields: "id") { id: ID! name: String }',
        d='type X @key(fields: "id") { id: ID! } type Y @key(fields: "id") { id: ID! }',
    )

    assert fetch_lines(plan_of(supergraph, "{ node { id name } }")) == [
        "0 a: query{node{__typename id ... on Z{name}}}",
        "1 b after 0: _entities{... on X{name}}",
        "  at node send X(id)",
        "2 c after 0: _entities{... on Y{name}}",
        "  at node send Y(id)",
    ]


def test_types_of_one_subgraph_share_a_call() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { nodes: [Node] }
          interface Node { id: ID! }
          type X implements Node @key(fields: "id") { id: ID! }
          type Y implements Node @key(fields: "id") { id: ID! }
        """,
        b='type X @key(fields: "id") { id: ID! x: Int } type Y @key(fields: "id") { id: ID! y: Int }',
    )

    plan = plan_of(supergraph, "{ nodes { ... on X { x } ... on Y { y } } }")

    assert fetch_lines(plan) == [
        "0 a: query{nodes{__typename id}}",
        "1 b after 0: _entities{... on X{x} ... on Y{y}}",
        "  at nodes.@ send X(id) | Y(id)",
    ]


def test_an_overridden_field_of_one_implementation_is_read_elsewhere() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { posts: [Post] }
          interface Post { id: ID! created: Int }
          type Text implements Post @key(fields: "id") { id: ID! created: Int }
          type Image implements Post @key(fields: "id") { id: ID! created: Int }
        """,
        b="""
          interface Any { id: ID! created: Int }
          type Image implements Any @key(fields: "id") {
            id: ID!
            created: Int @override(from: "a")
          }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ posts { id created } }")) == [
        "0 a: query{posts{__typename id ... on Text{created}}}",
        "1 b after 0: _entities{... on Image{created}}",
        "  at posts.@ send Image(id)",
    ]


def test_an_implementation_may_return_a_narrower_type() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { node: Node }
          interface Node { id: ID! related: Node }
          type Book implements Node { id: ID! related: Book isbn: ID }
          type Film implements Node { id: ID! related: Node }
        """
    )
    source = "{ node { related { id } ... on Book { related { isbn } } } }"

    assert fetch_lines(plan_of(supergraph, source)) == [
        "0 a: query{node{__typename ... on Book{related{id isbn}} ... on Film{related{id}}}}"
    ]


def test_an_inaccessible_type_is_null() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { things: [Thing] }
          interface Thing { id: ID! }
          type X implements Thing { id: ID! }
          type Y implements Thing @inaccessible { id: ID! }
        """
    )

    plan = plan_of(supergraph, "{ things { id } }")

    assert fetch_lines(plan) == ["0 a: query{things{__typename ... on X{id}}}"]
    assert shown(below(plan, "things")) == {"X": ["id"]}


# Carriers: the fields by which an interface is reached, when there are several

_OWN = "{ id: ID! @shareable }"
_FOREIGN = '@key(fields: "k", resolvable: false) { k: ID id: ID! @external }'
CARRIERS = supergraph_of(
    a="type Query { n: N @shareable } interface N { id: ID! } "
    f"type X implements N {_OWN} type Y implements N {_FOREIGN}",
    b="type Query { n: N @shareable } interface N { id: ID! } "
    f"type X implements N {_FOREIGN} type Y implements N {_OWN}",
)


def test_a_field_of_an_interface_has_to_come_with_one_carrier_for_all_types() -> None:
    with pytest.raises(PlanningError, match="at n"):
        plan_of(CARRIERS, "{ n { id } }")


@pytest.mark.parametrize(("name", "graph"), [("X", "a"), ("Y", "b")])
def test_a_fragment_takes_the_carrier_that_knows_its_type(name: str, graph: str) -> None:
    plan = plan_of(CARRIERS, f"{{ n {{ ... on {name} {{ id }} }} }}")

    assert fetch_lines(plan) == [f"0 {graph}: query{{n{{__typename ... on {name}{{id}}}}}}"]


def test_a_typename_comes_from_any_carrier() -> None:
    assert fetch_lines(plan_of(CARRIERS, "{ n { __typename } }")) == ["0 a: query{n{__typename}}"]


def test_types_that_the_chosen_carrier_does_not_return_are_asked_of_nobody() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { p: P }
          type P @key(fields: "id") { id: ID! items: [Item] @shareable }
          interface Item { id: ID! }
          type X implements Item @shareable { id: ID! }
        """,
        b="""
          type P @key(fields: "id") { id: ID! items: [Item] @shareable }
          interface Item { id: ID! }
          type X implements Item @shareable { id: ID! }
          type Y implements Item { id: ID! }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ p { items { id } } }")) == [
        "0 a: query{p{items{id}}}"
    ]


# Unions that subgraphs see differently

_UNIONS_A = """
  type Query { p: T }
  type T @key(fields: "id") { id: ID! f: U @shareable }
  union U = X | Y
  type X @shareable { a: Int }
  type Y { b: Int! }
"""


def test_only_members_that_every_candidate_knows_are_asked() -> None:
    supergraph = supergraph_of(
        a=_UNIONS_A,
        b="""
          type T @key(fields: "id") { id: ID! f: U @shareable }
          union U = X | Z
          type X @shareable { a: Int }
          type Z { c: Int }
        """,
    )

    plan = plan_of(supergraph, "{ p { f { ... on X { a } ... on Y { b } } } }")

    assert fetch_lines(plan) == ["0 a: query{p{f{__typename ... on X{a}}}}"]
    members = below(plan, "p", "f")
    assert shown(members) == {"X": ["a"], "Y": ["b"], "Z": []}
    # Y shows up with null, though b is Int!: nobody was asked for it.
    (demoted,) = (each.fields[0] for each in members.classes if "Y" in each.types)
    assert not demoted.non_null


def test_the_only_candidate_is_asked_for_all_its_members() -> None:
    supergraph = supergraph_of(
        a=_UNIONS_A,
        b="""
          type T @key(fields: "id") { id: ID! g: U }
          union U = X
          type X @shareable { a: Int }
        """,
    )

    plan = plan_of(supergraph, "{ p { f { ... on X { a } ... on Y { b } } } }")

    assert fetch_lines(plan) == ["0 a: query{p{f{__typename ... on X{a} ... on Y{b}}}}"]


def test_a_candidate_may_narrow_the_union_to_one_type() -> None:
    supergraph = supergraph_of(
        a="type Query { m: Media @shareable } union Media = Book | Film "
        "type Book { title: String @shareable } type Film { length: Int }",
        b="type Query { m: Book @shareable } type Book { title: String @shareable }",
    )

    plan = plan_of(supergraph, "{ m { ... on Book { title } ... on Film { length } } }")

    assert fetch_lines(plan) == ["0 a: query{m{__typename ... on Book{title}}}"]


def test_an_empty_fragment_shows_objects_with_nothing_in_them() -> None:
    plan = plan_of(ITEMS, "{ items { ... on Book { pages } } }")

    assert shown(below(plan, "items")) == {"Book": ["pages"], "Film+Song": []}


def test_a_carrier_is_left_out_when_it_returns_a_type_of_which_too_much_is_wanted() -> None:
    """Composition lets it pass: where ``b`` is asked, there is no ``Cat``."""
    supergraph = supergraph_of(
        a="""
          type Query { pet: Pet @shareable }
          interface Pet { name: String }
          type Dog implements Pet { name: String @shareable }
          type Cat implements Pet { name: String @shareable }
        """,
        b="""
          type Query { pet: Dog @shareable cat: Cat }
          type Dog { name: String @shareable }
          type Cat { name: String @shareable purrs: Boolean }
        """,
    )

    plan = plan_of(supergraph, "{ pet { name ... on Cat { purrs } } }")

    assert [fetch.subgraph for fetch in plan.fetches] == ["b"]
