"""Composition as a whole: results, how faults of several phases come together, independence of order."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from graphql import print_schema

from gateway.composition.codes import CompositionCode, HintLevel
from gateway.composition.compose import SubgraphSource, compose
from gateway.composition.report import MAX_PROBLEMS
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import (
    codes,
    compose_all,
    compose_text,
    fed,
    hint_codes,
    read_subgraphs,
)

SHOP = """
# subgraph: products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { product(upc: ID!): Product }
type Product @key(fields: "upc") { upc: ID! name: String }
# subgraph: stock
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Product @key(fields: "upc") { upc: ID! inStock: Boolean }
# subgraph: prices
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Product @key(fields: "upc") { upc: ID! price: Int }
"""


def test_result_has_either_a_supergraph_or_errors() -> None:
    fine = compose_text(SHOP)
    broken = compose_text(SHOP.replace("price: Int", "price: Integer"))

    assert fine.supergraph_sdl is not None
    assert fine.errors == ()
    assert broken.supergraph_sdl is None
    assert broken.supergraph is None
    assert codes(broken) == ["INVALID_GRAPHQL"]


def test_supergraph_is_the_one_that_its_text_says() -> None:
    result = compose_text(SHOP)

    assert result.supergraph_sdl is not None
    assert result.supergraph is not None
    loaded = load_supergraph(result.supergraph_sdl)
    assert result.supergraph.id == loaded.id
    assert result.supergraph.document == loaded.document
    assert print_schema(result.supergraph.api_schema) == print_schema(loaded.api_schema)
    assert not result.supergraph.derived


def test_what_is_out_of_reach_leaves_no_supergraph() -> None:
    result = compose_text(
        SHOP.replace('type Product @key(fields: "upc") { upc: ID! price', "type Product { price")
    )

    assert result.supergraph_sdl is None
    assert result.supergraph is None
    assert codes(result) == ["SATISFIABILITY_ERROR"]


def test_subgraph_that_is_no_graphql_does_not_hide_faults_of_others() -> None:
    result = compose_text(
        SHOP.replace("price: Int", "price: Integer")
        .replace('type Product @key(fields: "upc") { upc: ID! name', 'type Product @key(fields: "ups") { upc: ID! name')
    )  # fmt: skip

    assert codes(result) == ["INVALID_GRAPHQL", "KEY_INVALID_FIELDS"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_supergraph_does_not_depend_on_the_order_of_subgraphs(order: Sequence[int]) -> None:
    subgraphs = read_subgraphs(SHOP)

    result = compose([subgraphs[i] for i in order])

    assert result == compose(subgraphs)


def test_faults_of_three_phases_are_reported_together() -> None:
    """An unknown import, a type conflict and a field out of reach: links, merging and satisfiability."""
    result = compose_text(
        """
# subgraph: products
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@cached"])
type Query { product(upc: ID!): Product @cached }
type Product @key(fields: "upc") { upc: ID! name: String }
# subgraph: prices
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
type Product @key(fields: "upc") { upc: ID! name: Int @shareable price: Int }
# subgraph: reviews
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Product @key(fields: "slug") { slug: ID! reviews: [String!] }
""".replace("upc: ID! name: String", "upc: ID! name: String @federation__shareable")
    )

    assert codes(result) == [
        "FIELD_TYPE_MISMATCH",
        "INVALID_LINK_DIRECTIVE_USAGE",
        "SATISFIABILITY_ERROR",
    ]
    assert {e.coordinate for e in result.errors} == {
        None,
        "Product.name",
        "Product.slug",
        "Product.reviews",
    }


@pytest.mark.parametrize(
    "other", ["scalar Money", "input Money { x: Int }", "enum Money { KTU }", "union Money = T"]
)
def test_kind_conflict_does_not_hide_what_is_out_of_reach(other: str) -> None:
    use = "m(x: Money): Int" if other.startswith("input") else "m: Money"
    result = compose_all(
        a='type Query { t: T a: Money } type Money { x: Int } type T @key(fields: "id") { id: ID! }',
        b=f'type Query {{ {use} }} {other} type T @key(fields: "id") {{ id: ID! }}',
        c='type T @key(fields: "sku") { sku: ID! }',
    )

    assert codes(result) == ["SATISFIABILITY_ERROR", "TYPE_KIND_MISMATCH"]


def test_missing_field_of_an_interface_does_not_hide_what_is_out_of_reach() -> None:
    result = compose_all(
        a="type Query { t: T n: N } interface N { x: Int y: Int } type U implements N { x: Int y: Int }"
        ' type T @key(fields: "id") { id: ID! }',
        b="type Query { m: N } interface N { x: Int } type V implements N { x: Int }",
        c='type T @key(fields: "sku") { sku: ID! }',
    )

    assert codes(result) == ["INTERFACE_FIELD_NO_IMPLEM", "SATISFIABILITY_ERROR"]


def test_consequences_of_a_fault_are_not_reported() -> None:
    """Without its key, nothing of T could be reached: but that is said by the key's own error."""
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type T @key(fields: "ids") { id: ID! more: Int }',
    )

    assert codes(result) == ["INVALID_FIELD_SHARING", "KEY_INVALID_FIELDS"]


def test_directive_without_import_is_reported_and_taken_for_what_it_is() -> None:
    result = compose_text("""
# subgraph: a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { a: Int @shareable b: Int @mystery }
# subgraph: b
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@shareable"])
type Query { a: Int @shareable }
""")

    assert codes(result) == ["INVALID_GRAPHQL"]
    assert [error.message for error in result.errors] == [
        'In subgraph "a": Unknown directive \'@shareable\'. Import "@shareable" in the @link to'
        " federation, or write @federation__shareable.",
        "In subgraph \"a\": Unknown directive '@mystery'.",
    ]


def test_directive_of_a_later_version_says_which() -> None:
    result = compose_text("""
# subgraph: a
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { a: Int @authenticated }
""")

    assert result.errors[0].message.endswith("It needs federation v2.5.")


def test_directive_in_a_subgraph_without_links_says_how_to_link() -> None:
    result = compose([SubgraphSource("a", "http://a", "type Query { a: Int @shareable }")])

    assert result.errors[0].message.endswith(
        'Link https://specs.apollo.dev/federation/v2.0 or later and import "@shareable".'
    )


def test_one_message_for_all_places_of_the_same_fault() -> None:
    result = compose_text("""
# subgraph: a
type Query { a: Int @nope
  b: Int @nope
  c: Int @nope }
""")

    assert len(result.errors) == 1
    assert [location.line for location in result.errors[0].locations] == [1, 2, 3]


def test_errors_are_capped() -> None:
    fields = " ".join(f"f{i}: Int" for i in range(MAX_PROBLEMS + 50))

    result = compose_all(a=f"type Query {{ {fields} }}", b=f"type Query {{ {fields} }}")

    assert len(result.errors) == MAX_PROBLEMS
    assert codes(result) == ["INVALID_FIELD_SHARING"]


def test_error_reads_as_code_message_and_places() -> None:
    result = compose_all(
        a="type Query { a: Int @shareable }", b="type Query { a: Boolean @shareable }"
    )

    assert [str(error) for error in result.errors] == [
        'FIELD_TYPE_MISMATCH: "Query.a" has incompatible types in different subgraphs:'
        ' Int in subgraph "a", Boolean in subgraph "b". (a:2:14, b:2:14)'
    ]


def test_hint_has_the_published_level() -> None:
    result = compose_all(
        a="type Query { a: Int! @shareable }", b="type Query { a: Int @shareable }"
    )

    assert hint_codes(result) == ["INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"]
    assert result.hints[0].level is HintLevel.INFO


def test_nothing_to_compose_has_no_queries() -> None:
    assert codes(compose([])) == ["NO_QUERIES"]


@pytest.mark.parametrize("name", ["_", "", " "])
def test_subgraph_name_has_to_be_one(name: str) -> None:
    result = compose([SubgraphSource(name, "http://a", fed("type Query { a: Int }"))])

    assert codes(result) == ["INVALID_SUBGRAPH_NAME"]


def test_two_subgraphs_of_one_name_are_refused() -> None:
    subgraph = SubgraphSource("a", "http://a", fed("type Query { a: Int }"))

    result = compose([subgraph, subgraph])

    assert CompositionCode.INVALID_SUBGRAPH_NAME in codes(result)


@pytest.mark.parametrize(
    "sdl",
    [
        "type Query { a: Int ",
        "query { a }",
        "type Query { a: Missing }",
        "type Query { a: Int } type Query { b: Int }",
        'type Query { a(x: Int = "text"): Int }',
        "type Query { a: Int @deprecated(reason: 3) }",
        "type Query { a(of: Query = X): Int }",
        "type Query { a(of: In): Int } input In { a: Query = {} }",
        "type Query { a: Int } directive @own(a: Query = X) on FIELD",
        "type Query { n: N } interface N { x: Int } type T implements N { y: Int }",
        "type Query { a: Int } input I { i: I! }",
        "",
    ],
)
def test_invalid_graphql_is_refused(sdl: str) -> None:
    assert codes(compose([SubgraphSource("a", "http://a", sdl)])) == ["INVALID_GRAPHQL"]


def test_federation_machinery_in_the_sdl_is_left_out() -> None:
    result = compose_text("""
# subgraph: a
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"]) { query: Query }
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @federation__shareable repeatable on OBJECT | FIELD_DEFINITION
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
scalar federation__FieldSet
scalar _Any
union _Entity = T
type _Service { sdl: String }
type Query { t: T _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }
type T @key(fields: "id") { id: ID! }
""")

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    for name in ("_Any", "_Entity", "_service", "_Service", "federation__FieldSet"):
        assert name not in result.supergraph_sdl


def test_an_implementation_may_be_deprecated_where_its_interface_is_not() -> None:
    result = compose_text(
        """
# subgraph: a
type Query { node: Node }
interface Node { id: ID! name: String }
type Person implements Node { id: ID! name: String @deprecated(reason: "Use alias.") }
"""
    )

    assert codes(result) == []
    assert '@deprecated(reason: "Use alias.")' in (result.supergraph_sdl or "")


@pytest.mark.parametrize("lock", ["lock: Find @shareable", "locks: [Find!] @shareable"])
def test_type_of_mismatching_kinds_is_left_out_where_a_field_is_narrowed_to_it(lock: str) -> None:
    result = compose_all(
        a=f"""type Query {{ chest: Chest }} union Find = Coin | Bone
              type Chest @key(fields: "id") {{ id: ID! {lock.replace("Find", "Coin")} }}
              type Coin @key(fields: "id") {{ id: ID! }} type Bone {{ animal: String }}""",
        b=f"""union Find = Coin | Shard type Chest @key(fields: "id") {{ id: ID! {lock} }}
              type Coin @key(fields: "id") @interfaceObject {{ id: ID! }} type Shard {{ clay: String }}""",
    )

    assert "TYPE_KIND_MISMATCH" in codes(result)
