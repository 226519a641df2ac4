"""@context and @fromContext: arguments that are filled in from objects above."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import PlanningError, SupergraphInvalid
from gateway.query_plan.printer import plan_to_json, print_plan
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from tests.support.contexts import contextual_supergraph
from tests.support.plan_text import fetch_lines
from tests.support.supergraphs import plan_of

SHOPS = """
  type Query { shop: Shop shops: [Shop] }
  type Shop @key(fields: "id") @context(name: "shop") {
    id: ID! currency: String @external items: [Item!]!
  }
  type Item @key(fields: "id") {
    id: ID! weight: Int
    price(round: Int, currency: String @fromContext(field: "$shop { currency }")): String
    parts: [Item]
  }
"""
MONEY = """
  type Shop @key(fields: "id") { id: ID! currency: String }
  type Item @key(fields: "id") { id: ID! name: String }
"""


@pytest.fixture(scope="module")
def shops() -> Supergraph:
    return contextual_supergraph(shops=SHOPS, money=MONEY)


def test_the_value_is_read_first_and_the_object_asked_for_again(shops: Supergraph) -> None:
    assert fetch_lines(plan_of(shops, "{ shop { items { weight price } } }")) == [
        "0 shops: query{shop{items{weight id} id}}",
        "1 money after 0: _entities{... on Shop{currency}}",
        "  at shop send Shop(id)",
        "2 shops after 1: query($representations: [_Any!]!, $context0: String)"
        "{_entities(representations: $representations){... on Item{price(currency: $context0)}}}",
        "  at shop.items.@ send Item(id) $context0=shop(currency)",
    ]


def test_an_argument_is_not_the_clients(shops: Supergraph) -> None:
    price = shops.api_schema.type_map["Item"].fields["price"]  # type: ignore[attr-defined]

    assert list(price.args) == ["round"]


def test_aliases_and_client_arguments_stand_beside_it(shops: Supergraph) -> None:
    plan = plan_of(
        shops, "query($n: Int) { shop { c: currency items { a: price(round: $n) b: price } } }"
    )

    assert fetch_lines(plan)[3:] == [
        "2 shops after 1: query($representations: [_Any!]!, $context0: String, $n: Int)"
        "{_entities(representations: $representations)"
        "{... on Item{a: price(currency: $context0, round: $n) b: price(currency: $context0)}}}",
        "  at shop.items.@ send Item(id) $context0=shop(currency=c)",
    ]
    assert plan.fetches[2].variables == ("n",)
    assert plan.fetches[2].definitions == ("$n: Int",)


def test_a_client_variable_keeps_its_name(shops: Supergraph) -> None:
    plan = plan_of(shops, "query($context0: Int) { shop { items { price(round: $context0) } } }")

    (group,) = plan.fetches[-1].entities
    assert group.contexts[0].name == "_context0"
    assert "price(currency: $_context0, round: $context0)" in plan.fetches[-1].operation


def test_the_same_field_at_two_places_is_one_request(shops: Supergraph) -> None:
    plan = plan_of(shops, "{ shop { items { price parts { price } } } }")

    assert fetch_lines(plan)[-3:] == [
        "2 shops after 1: query($representations: [_Any!]!, $context0: String)"
        "{_entities(representations: $representations){... on Item{price(currency: $context0)}}}",
        "  at shop.items.@ send Item(id) $context0=shop(currency)",
        "  at shop.items.@.parts.@ send Item(id) $context0=shop(currency)",
    ]


def test_a_plain_field_goes_with_the_call_that_carries_the_value() -> None:
    supergraph = contextual_supergraph(
        a="""
          type Query { top: Top }
          type Top @key(fields: "id") { id: ID! u: U }
          type U @key(fields: "id") { id: ID! }
        """,
        b="""
          type Top @key(fields: "id") @context(name: "c") { id: ID! y: Int }
          type U @key(fields: "id") {
            id: ID! plain: Int f(y: Int @fromContext(field: "$c { y }")): Int
          }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ top { u { plain f } } }")) == [
        "0 a: query{top{u{id} id}}",
        "1 b after 0: _entities{... on Top{y}}",
        "  at top send Top(id)",
        "2 b after 1: query($representations: [_Any!]!, $context0: Int)"
        "{_entities(representations: $representations){... on U{f(y: $context0) plain}}}",
        "  at top.u send U(id) $context0=top(y)",
    ]


NESTED = """
  type Query @context(name: "c") { root: Int a: A b: B u: U i: I }
  type A @key(fields: "id") @context(name: "c") { id: ID! x: Int own: Own b: B u: U }
  type B @key(fields: "id") { id: ID! us: [[U!]] }
  type Own { deep: Int }
  interface I { id: ID! }
  type X implements I @key(fields: "id") @context(name: "c") { id: ID! z: Int u: U }
  type Y implements I @key(fields: "id") { id: ID! u: U }
  type U @key(fields: "id") {
    id: ID!
    f(
      v: Int @fromContext(field: "$c ... on Query { root } ... on A { own { deep } } ... on X { z }")
    ): U
    g(
      v: Int @fromContext(field: "$c ... on Query { root } ... on A { x } ... on X { z }")
      w: Int @fromContext(field: "$c ... on Query { root } ... on A { own { deep } } ... on X { z }")
    ): Int
  }
"""


@pytest.fixture(scope="module")
def nested() -> Supergraph:
    return contextual_supergraph(a=NESTED)


def test_the_nearest_object_that_sets_the_context_counts(nested: Supergraph) -> None:
    plan = plan_of(nested, "{ u { g } b { us { g } } a { b { us { g } } } }")

    assert fetch_lines(plan) == [
        "0 a: query{u{id} b{us{id}} a{b{us{id}} x own{deep}} root}",
        "1 a after 0: query($representations: [_Any!]!, $context0: Int, $context1: Int)"
        "{_entities(representations: $representations){... on U{g(v: $context0, w: $context1)}}}",
        "  at u send U(id) $context0=root(root) $context1=root(root)",
        "  at b.us.@.@ send U(id) $context0=root(root) $context1=root(root)",
        "  at a.b.us.@.@ send U(id) $context0=a(x) $context1=a(own{(deep?)})",
    ]


def test_each_class_of_an_interface_has_contexts_of_its_own(nested: Supergraph) -> None:
    plan = plan_of(nested, "{ i { ... on X { u { g } } ... on Y { u { g } } } }")

    assert fetch_lines(plan)[2:] == [
        "  at i.<X>.u send U(id) $context0=i(z) $context1=i(z)",
        "  at i.<Y>.u send U(id) $context0=root(root) $context1=root(root)",
    ]


def test_fields_below_the_field_take_the_value_along(nested: Supergraph) -> None:
    plan = plan_of(nested, "{ a { u { f { f { id } } } } }")

    assert fetch_lines(plan)[1:] == [
        "1 a after 0: query($representations: [_Any!]!, $context0: Int)"
        "{_entities(representations: $representations){... on U{f(v: $context0){id}}}}",
        "  at a.u send U(id) $context0=a(own{(deep?)})",
        "2 a after 1: query($representations: [_Any!]!, $context0: Int)"
        "{_entities(representations: $representations){... on U{f(v: $context0){id}}}}",
        "  at a.u.f send U(id) $context0=a(own{(deep?)})",
    ]


def test_inputs_and_values_are_sent_together() -> None:
    supergraph = contextual_supergraph(
        a="""
          type Query { top: Top }
          type Top @context(name: "c") { y: Int u: U }
          type U @key(fields: "id") {
            id: ID! n: Int @external
            f(y: Int @fromContext(field: "$c { y }")): Int @requires(fields: "n")
          }
        """,
        b='type U @key(fields: "id") { id: ID! n: Int }',
    )

    assert fetch_lines(plan_of(supergraph, "{ top { u { f } } }")) == [
        "0 a: query{top{u{id} y}}",
        "1 b after 0: _entities{... on U{n}}",
        "  at top.u send U(id)",
        "2 a after 1: query($representations: [_Any!]!, $context0: Int)"
        "{_entities(representations: $representations){... on U{f(y: $context0)}}}",
        "  at top.u send U(id n?) $context0=top(y)",
    ]


def test_what_a_context_gives_may_itself_come_from_one() -> None:
    supergraph = contextual_supergraph(
        a="""
          type Query { top: Top }
          type Top @key(fields: "id") { id: ID! mid: Mid }
          type Mid @key(fields: "id") @context(name: "d") { id: ID! low: Low z: Int @external }
          type Low @key(fields: "id") { id: ID! f(z: Int @fromContext(field: "$d { z }")): Int }
        """,
        b="""
          type Top @key(fields: "id") @context(name: "c") { id: ID! y: Int }
          type Mid @key(fields: "id") { id: ID! z(y: Int @fromContext(field: "$c { y }")): Int }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ top { mid { low { f } } } }")) == [
        "0 a: query{top{mid{low{id} id} id}}",
        "1 b after 0: _entities{... on Top{y}}",
        "  at top send Top(id)",
        "2 b after 1: query($representations: [_Any!]!, $context0: Int)"
        "{_entities(representations: $representations){... on Mid{z(y: $context0)}}}",
        "  at top.mid send Mid(id) $context0=top(y)",
        "3 a after 2: query($representations: [_Any!]!, $context0: Int)"
        "{_entities(representations: $representations){... on Low{f(z: $context0)}}}",
        "  at top.mid.low send Low(id) $context0=top.mid(z)",
    ]


def test_inputs_may_be_fields_with_contexts() -> None:
    supergraph = contextual_supergraph(
        a="""
          type Query { top: Top }
          type Top @key(fields: "id") @context(name: "c") { id: ID! y: Int u: U }
          type U @key(fields: "id") { id: ID! f(y: Int @fromContext(field: "$c { y }")): Int }
        """,
        b="""
          type Top @key(fields: "id") { id: ID! u: U @external sum: Int @requires(fields: "u { f }") }
          type U @key(fields: "id") { id: ID! f: Int @external }
        """,
    )

    assert fetch_lines(plan_of(supergraph, "{ top { sum } }"))[-2:] == [
        "2 b after 1: _entities{... on Top{sum}}",
        "  at top send Top(id u?{(f?)})",
    ]


# What composition would not write


def _by_hand(arguments: str, *, contexts: str = '@context(name: "a__c")') -> Supergraph:
    return load_supergraph(
        f"""
        schema
          @link(url: "https://specs.apollo.dev/link/v1.0")
          @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
          @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)
        {{ query: Query mutation: Mutation }}
        enum join__Graph {{ A @join__graph(name: "a", url: "http://a") }}
        type Query @join__type(graph: A) {{ t: T u: U p: P }}
        type Mutation @join__type(graph: A) {contexts} {{ x: Int u: U }}
        union P @join__type(graph: A) {contexts} @join__unionMember(graph: A, member: "T")
          @join__unionMember(graph: A, member: "V") = T | V
        type T @join__type(graph: A) {contexts} {{ x: Int y: Int u: U }}
        type V @join__type(graph: A) {{ u: U }}
        type U @join__type(graph: A, key: "id") {{
          id: ID! f: Int @join__field(graph: A, contextArguments: [{arguments}])
        }}
        """
    )


def test_a_type_of_which_nothing_is_selected_gives_null() -> None:
    supergraph = _by_hand(
        '{ name: "x", type: "Int", context: "a__c", selection: "... on T { x } ... on Mutation { x }" }'
    )

    assert fetch_lines(plan_of(supergraph, "{ p { ... on V { u { f } } } }"))[-1] == (
        "  at p.<V>.u send U(id) $context0=null"
    )


def test_null_is_no_value_for_a_non_null_argument() -> None:
    supergraph = _by_hand(
        '{ name: "x", type: "Int!", context: "a__c", selection: "... on T { x } ... on Mutation { x }" }'
    )

    assert plan_of(supergraph, "{ p { ... on T { u { f } } } }")
    with pytest.raises(PlanningError, match=r"U\.f"):
        plan_of(supergraph, "{ p { ... on V { u { f } } } }")


@pytest.mark.parametrize("source", ["{ u { f } }", "mutation { u { f } }"])
def test_without_a_context_there_is_no_plan(source: str) -> None:
    supergraph = _by_hand(
        '{ name: "x", type: "Int", context: "a__c", selection: "... on T { x } ... on Mutation { x }" }'
    )

    with pytest.raises(PlanningError, match=r"U\.f at u"):
        plan_of(supergraph, source)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('{ name: "x", type: "Int", context: "a__c" }', "has no 'selection'"),
        ('{ name: "x", type: "[", context: "a__c", selection: "{ x }" }', "not the type of x"),
        (
            '{ name: "x", type: "Int", context: "a__c", selection: "... on T { x y }" }',
            "has to be one leaf",
        ),
        (
            '{ name: "x", type: "Int", context: "a__c", selection: "... on T { __typename }" }',
            "has to be one leaf",
        ),
        (
            '{ name: "x", type: "Int", context: "a__c", selection: "... on T { nothing }" }',
            "does not exist",
        ),
    ],
)
def test_contextual_arguments_that_cannot_be_filled_are_refused(
    arguments: str, message: str
) -> None:
    with pytest.raises(SupergraphInvalid, match=message):
        _by_hand(arguments)


# Printing


def test_a_printed_plan_says_where_values_come_from(shops: Supergraph) -> None:
    plan = plan_of(shops, "{ shop { currency items { price } } }")

    assert '{ __typename: Item, id }\n        $context0: "shop" { currency }\n' in print_plan(plan)
    assert _last_entities(plan_to_json(plan))[0]["contexts"] == [
        {
            "variable": "context0",
            "type": "String",
            "sources": [
                {
                    "path": ["shop"],
                    "field": {
                        "name": "currency", "source": "currency", "isKey": False, "shapes": [],
                    },
                }
            ],
        }
    ]  # fmt: skip


def _last_entities(plan: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plan["node"]["nodes"][-1]["entities"]
    return found
