"""Hops between subgraphs: by which key, in which order, in how many requests."""

from __future__ import annotations

from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of, supergraph_of

PRODUCTS = """
  type Query { products: [Product] product: Product }
  type Product @key(fields: "upc") { upc: ID! name: String price: Int }
"""
REVIEWS = """
  type Product @key(fields: "upc") { upc: ID! reviews(first: Int): [Review] }
  type Review { text: String author: User }
  type User @key(fields: "id") { id: ID! }
"""
USERS = """
  type Query { me: User }
  type User @key(fields: "id") { id: ID! name: String }
"""
SHOP = supergraph_of(products=PRODUCTS, reviews=REVIEWS, users=USERS)


def test_what_one_subgraph_can_answer_is_one_fetch_as_the_client_wrote_it() -> None:
    plan = plan_of(SHOP, "{ products { name cost: price ... on Product { upc } } }")

    assert fetch_lines(plan) == ["0 products: query{products{name cost: price upc}}"]


def test_keys_are_fetched_on_the_way_and_sent() -> None:
    plan = plan_of(SHOP, "{ products { name reviews { text author { name } } } }")

    assert fetch_lines(plan) == [
        "0 products: query{products{name upc}}",
        "1 reviews after 0: _entities{... on Product{reviews{text author{id}}}}",
        "  at products.@ send Product(upc)",
        "2 users after 1: _entities{... on User{name}}",
        "  at products.@.reviews.@.author send User(id)",
    ]


def test_roots_are_asked_side_by_side() -> None:
    plan = plan_of(SHOP, "{ me { name } products { upc } }")

    assert fetch_lines(plan) == ["0 users: query{me{name}}", "1 products: query{products{upc}}"]


def test_calls_of_a_wave_go_in_one_request_and_equal_ones_in_one_field() -> None:
    plan = plan_of(
        SHOP,
        """{
          product { reviews { author { name } } }
          products { reviews { text author { name } } }
        }""",
    )

    assert fetch_lines(plan) == [
        "0 products: query{product{upc} products{upc}}",
        "1 reviews after 0: query($representations0: [_Any!]!, $representations1: [_Any!]!){"
        "_e0: _entities(representations: $representations0)"
        "{... on Product{reviews{text author{id}}}} "
        "_e1: _entities(representations: $representations1)"
        "{... on Product{reviews{author{id}}}}}",
        "  _e0 at products.@ send Product(upc)",
        "  _e1 at product send Product(upc)",
        "2 users after 1: _entities{... on User{name}}",
        "  at product.reviews.@.author send User(id)",
        "  at products.@.reviews.@.author send User(id)",
    ]


def test_variables_travel_with_the_fields_that_use_them() -> None:
    plan = plan_of(
        SHOP, "query($first: Int = 3) { me { name } products { reviews(first: $first) { text } } }"
    )

    assert [(fetch.subgraph, fetch.variables) for fetch in plan.fetches] == [
        ("users", ()),
        ("products", ()),
        ("reviews", ("first",)),
    ]
    assert plan.fetches[2].operation == (
        "query($representations: [_Any!]!, $first: Int = 3)"
        "{_entities(representations: $representations)"
        "{... on Product{reviews(first: $first){text}}}}"
    )


def test_the_representations_stay_clear_of_the_clients_variables() -> None:
    plan = plan_of(
        SHOP,
        "query($representations: Int) { products { reviews(first: $representations) { text } } }",
    )

    assert plan.fetches[1].entities[0].variable == "_representations"


def test_a_request_that_nobody_waits_for_goes_with_a_later_one() -> None:
    supergraph = supergraph_of(
        products=PRODUCTS,
        reviews="""
          type Product @key(fields: "upc") { upc: ID! similar: Product }
        """,
        stock='type Product @key(fields: "upc") { upc: ID! left: Int }',
    )

    plan = plan_of(supergraph, "{ product { left similar { left } } }")

    assert fetch_lines(plan) == [
        "0 products: query{product{upc}}",
        "1 reviews after 0: _entities{... on Product{similar{upc}}}",
        "  at product send Product(upc)",
        "2 stock after 1: _entities{... on Product{left}}",
        "  at product.similar send Product(upc)",
        "  at product send Product(upc)",
    ]


def test_a_composite_key_is_sent_whole() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "x y") { x: Int! y: Int! }',
        b='type T @key(fields: "x y") { x: Int! y: Int! z: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ t { z } }")) == [
        "0 a: query{t{x y}}",
        "1 b after 0: _entities{... on T{z}}",
        "  at t send T(x y)",
    ]


def test_a_key_may_hold_lists_and_objects() -> None:
    shared = "type Part @shareable { id: ID! } type Owner @shareable { id: ID! }"
    key = '@key(fields: "parts { id } owner { id }")'
    fields = "parts: [Part!]! @shareable owner: Owner! @shareable"
    supergraph = supergraph_of(
        a=f"type Query {{ t: T }} type T {key} {{ {fields} }} {shared}",
        b=f"type T {key} {{ {fields} z: Int }} {shared}",
    )

    assert fetch_lines(plan_of(supergraph, "{ t { z } }")) == [
        "0 a: query{t{parts{id} owner{id}}}",
        "1 b after 0: _entities{... on T{z}}",
        "  at t send T(parts{(id)} owner{(id)})",
    ]


def test_keys_are_gathered_over_several_hops() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T } type T @key(fields: "x") { x: ID! }',
        b='type T @key(fields: "x") @key(fields: "y") { x: ID! y: ID! }',
        c='type T @key(fields: "y") { y: ID! z: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ t { z } }")) == [
        "0 a: query{t{x}}",
        "1 b after 0: _entities{... on T{y}}",
        "  at t send T(x)",
        "2 c after 1: _entities{... on T{z}}",
        "  at t send T(y)",
    ]


def test_part_of_a_key_may_come_from_a_third_subgraph() -> None:
    supergraph = supergraph_of(
        a="type Query { t: T } type T { owner: O! @shareable } "
        'type O @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "owner { code }") { owner: O! @shareable z: Int } '
        'type O @key(fields: "code") { code: Int! @shareable }',
        c='type O @key(fields: "id") { id: ID! code: Int! @shareable }',
    )

    assert fetch_lines(plan_of(supergraph, "{ t { z } }")) == [
        "0 a: query{t{owner{id}}}",
        "1 c after 0: _entities{... on O{code}}",
        "  at t.owner send O(id)",
        "2 b after 1: _entities{... on T{z}}",
        "  at t send T(owner{(code)})",
    ]


def test_a_child_without_a_key_is_reached_through_its_parent() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { product: Product }
          type Product @key(fields: "id") { id: ID! category: Category @shareable }
          type Category @shareable { id: ID! }
        """,
        b="""
          type Product @key(fields: "id") { id: ID! category: Category @shareable }
          type Category @shareable { details: String }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ product { category { id details } } }")) == [
        "0 a: query{product{category{id} id}}",
        "1 b after 0: _entities{... on Product{category{details}}}",
        "  at product send Product(id)",
    ]


def test_a_root_object_without_keys_is_put_together_from_several_subgraphs() -> None:
    supergraph = supergraph_of(
        a="type Query { items: [Item] @shareable } type Item @shareable { id: ID! name: String }",
        b="type Query { items: [Item] @shareable } type Item @shareable { id: ID! price: Int }",
    )

    assert fetch_lines(plan_of(supergraph, "{ items { id name price } }")) == [
        "0 a: query{items{id name}}",
        "1 b: query{items{price}}",
    ]


def test_a_shared_root_starts_where_most_is() -> None:
    supergraph = supergraph_of(
        a='type Query { t: T @shareable } type T @key(fields: "id") { id: ID! x: Int }',
        b='type Query { t: T @shareable } type T @key(fields: "id") { id: ID! y: Int z: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ t { id y z } }")) == ["0 b: query{t{id y z}}"]


def test_what_is_skipped_fetches_nothing() -> None:
    source = "query($s: Boolean!) { product { name reviews @skip(if: $s) { text } } }"

    assert fetch_lines(plan_of(SHOP, source, {"s": True})) == ["0 products: query{product{name}}"]
    assert len(plan_of(SHOP, source, {"s": False}).fetches) == 2


def test_an_object_of_which_nothing_is_left_still_has_to_exist() -> None:
    source = "query($s: Boolean!) { product { name @skip(if: $s) } }"

    assert fetch_lines(plan_of(SHOP, source, {"s": True})) == [
        "0 products: query{product{__typename}}"
    ]


def test_nothing_at_all_needs_no_fetch() -> None:
    plan = plan_of(SHOP, "query($s: Boolean!) { product @skip(if: $s) { name } }", {"s": True})

    assert plan.fetches == ()
    assert plan.projection.classes[0].fields == ()


def test_introspection_is_answered_at_home() -> None:
    plan = plan_of(SHOP, "{ __typename __schema { queryType { name } } }")

    assert plan.fetches == ()
    assert plan.introspection is not None
    assert [field.response_key for field in plan.projection.classes[0].fields] == [
        "__typename",
        "__schema",
    ]


def test_the_query_root_can_be_met_again_below() -> None:
    supergraph = supergraph_of(
        a="""
          type Query { a: Int }
          type Mutation { change: Payload }
          type Payload { ok: Int query: Query }
        """,
        b="type Query { b: Int }",
    )

    assert fetch_lines(plan_of(supergraph, "mutation { change { ok query { a b } } }")) == [
        "0 a: mutation{change{ok query{a}}}",
        "1 b after 0: query{b}",
        "  at change.query",
    ]


def test_nothing_but_another_subgraphs_fields_may_be_wanted_of_the_query_root_below() -> None:
    supergraph = supergraph_of(
        a="type Query { a: Int } type Mutation { change: Payload } type Payload { query: Query }",
        b="type Query { b: Int }",
    )

    assert fetch_lines(plan_of(supergraph, "mutation { change { query { b } } }")) == [
        "0 a: mutation{change{query{__typename}}}",
        "1 b after 0: query{b}",
        "  at change.query",
    ]


ORDER_LINES = {
    "orders": """
      type Query { order: Order }
      type Order @key(fields: "id") { id: ID! lines: [Line] @shareable }
      type Line @key(fields: "id") { id: ID! count: Int }
    """,
    "stock": """
      type Order @key(fields: "id") { id: ID! lines: [Line] @shareable }
      type Line @key(fields: "id") { id: ID! shelf: String }
    """,
}
"""Two subgraphs that both know an order's lines, of which each knows something else."""


def test_objects_that_are_nowhere_yet_come_with_the_call_above() -> None:
    """One order is looked up where all of its lines would be, and no keys of lines are asked for."""
    plan = plan_of(supergraph_of(**ORDER_LINES), "{ order { id lines { shelf } } }")

    assert fetch_lines(plan) == [
        "0 orders: query{order{id}}",
        "1 stock after 0: _entities{... on Order{lines{shelf}}}",
        "  at order send Order(id)",
    ]


def test_objects_that_are_there_already_are_looked_up() -> None:
    """The list is not asked for a second time."""
    plan = plan_of(supergraph_of(**ORDER_LINES), "{ order { id lines { count shelf } } }")

    assert fetch_lines(plan) == [
        "0 orders: query{order{id lines{count id}}}",
        "1 stock after 0: _entities{... on Line{shelf}}",
        "  at order.lines.@ send Line(id)",
    ]
