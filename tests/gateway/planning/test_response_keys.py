"""Physical keys: unique where objects meet, and the client's wherever possible."""

from __future__ import annotations

import pytest

from gateway.planning.response_keys import ResponseKeys
from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of, supergraph_of

X, Y = object(), object()


def claim(
    keys: ResponseKeys,
    owner: object,
    key: str,
    name: str,
    shape: str = "Int",
    *,
    arguments: str = "",
) -> str:
    return keys.claim(key, owner, (name, arguments), lambda: {0: shape})


def test_the_clients_key_is_kept() -> None:
    assert claim(ResponseKeys(), X, "mine", "field") == "mine"


def test_an_equal_field_shares_its_key() -> None:
    keys = ResponseKeys()

    assert claim(keys, X, "a", "a") == claim(keys, X, "a", "a") == "a"


@pytest.mark.parametrize(("name", "arguments"), [("b", ""), ("a", "(n: 1)")])
def test_another_field_of_the_same_objects_gets_another_key(name: str, arguments: str) -> None:
    keys = ResponseKeys()
    claim(keys, X, "a", "a")

    assert claim(keys, X, "a", name, arguments=arguments) == f"_h1_{name}"


def test_objects_of_other_types_share_a_key_unless_the_shape_differs() -> None:
    keys = ResponseKeys()
    claim(keys, X, "a", "a", "Int")

    assert claim(keys, Y, "a", "b", "Int") == "a"
    assert claim(keys, object(), "a", "a", "Int!") == "_h1_a"


def test_shapes_that_no_subgraph_sees_together_do_not_conflict() -> None:
    keys = ResponseKeys()
    keys.claim("a", X, ("a", ""), lambda: {0: "Int"})

    assert keys.claim("a", Y, ("a", ""), lambda: {1: "String"}) == "a"


def test_where_types_are_not_told_apart_only_equal_fields_share_a_key() -> None:
    keys = ResponseKeys(is_exclusive=False)
    claim(keys, X, "a", "a")

    assert claim(keys, Y, "a", "a") == "a"
    assert claim(keys, Y, "a", "b") == "_h1_b"


def test_the_key_of_runtime_types_is_never_given_away() -> None:
    assert claim(ResponseKeys(), X, "__typename", "name") == "_h1_name"


def test_what_is_below_a_key_is_one_position() -> None:
    keys = ResponseKeys()

    assert keys.below("a", is_exclusive=True) is keys.below("a", is_exclusive=True)
    assert keys.below("a", is_exclusive=True) is not keys.below("b", is_exclusive=True)


def test_hidden_fields_stay_clear_of_the_clients_aliases() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! name: String price: Int }',
        b='type P @key(fields: "id") { id: ID! price: Int @external '
        'estimate: Int @requires(fields: "price") }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { id: name price: name estimate } }")) == [
        "0 a: query{p{id: name price: name _h1_id: id _h1_price: price}}",
        "1 b after 0: _entities{... on P{estimate}}",
        "  at p send P(id=_h1_id price=_h1_price?)",
    ]


def test_a_hidden_field_uses_the_clients_alias_for_it() -> None:
    supergraph = supergraph_of(
        a='type Query { p: P } type P @key(fields: "id") { id: ID! }',
        b='type P @key(fields: "id") { id: ID! x: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ p { upc: id x } }")) == [
        "0 a: query{p{upc: id}}",
        "1 b after 0: _entities{... on P{x}}",
        "  at p send P(id=upc)",
    ]


def test_a_shape_that_a_subgraph_would_refuse_is_aliased_at_any_depth() -> None:
    """In the supergraph both are nullable, so the client may use one key for both."""
    supergraph = supergraph_of(
        a="""
          type Query { things: [Thing] }
          union Thing = X | Y
          type X { id: ID! @shareable list: [ID!] @shareable below: XB @shareable }
          type Y { id: ID list: [ID] below: YB }
          type XB { id: ID! @shareable }
          type YB { id: ID }
        """,
        b="""
          type Query { x: X }
          type X @shareable { id: ID list: [ID] below: XB }
          type XB @shareable { id: ID }
        """,
    )

    plan = plan_of(
        supergraph,
        "{ things { ... on X { id list below { id } } ... on Y { id list below { id } } } }",
    )

    assert fetch_lines(plan) == [
        "0 a: query{things{__typename ... on X{id list below{id}} "
        "... on Y{_h1_id: id _h1_list: list below{_h1_id: id}}}}"
    ]


def test_shapes_differ_by_type_below_an_interface_object_too() -> None:
    supergraph = supergraph_of(
        a="""
          interface I @key(fields: "id") { id: ID! }
          type X implements I @key(fields: "id") { id: ID! f: Below }
          type Y implements I @key(fields: "id") { id: ID! f: Int g: Int @external h: Int @requires(fields: "g") }
          type Below { x: Int }
        """,
        b='type Query { i: I } type I @key(fields: "id") @interfaceObject { id: ID! }',
        c="""
          type Y @key(fields: "id") { id: ID! f: Int @external g: Int @requires(fields: "f") }
        """,
    )

    plan = plan_of(supergraph, "{ i { ... on X { f { x } } ... on Y { h } } }")

    assert fetch_lines(plan)[1] == (
        "1 a after 0: _entities{... on I{... on X{f{x}} ... on Y{_h1_f: f} __typename}}"
    )
