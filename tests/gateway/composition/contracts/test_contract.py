"""What a contract hides, what it refuses, and that routing keeps the whole."""

from __future__ import annotations

import pytest
from graphql import (
    DirectiveDefinitionNode,
    build_schema,
    parse,
    print_ast,
    print_schema,
)

from gateway.composition.codes import CompositionCode
from gateway.composition.contracts import TagFilter, apply_contract
from gateway.errors import SupergraphInvalid
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import compose_all
from tests.support.supergraphs import plan_of

SHOP = """
type Query {
  product(id: ID!, preview: Boolean @tag(name: "internal")): Product @tag(name: "public")
  audit: Audit @tag(name: "internal")
  find(by: By!): Found @tag(name: "public")
}

type Product implements Named @key(fields: "id") {
  id: ID! @tag(name: "internal")
  name: String @tag(name: "public")
  margin: Int @tag(name: "public") @tag(name: "internal")
  state: State @tag(name: "public")
}

interface Named { name: String @tag(name: "public") }

type Audit @tag(name: "internal") { entry: String }

union Found @tag(name: "public") = Product | Audit

enum State { LISTED GONE @tag(name: "internal") }

input By { name: String margin: Int @tag(name: "internal") }
"""
REVIEWS = """
type Product @key(fields: "id") { id: ID! reviews: [Review!] @tag(name: "public") }

type Review { text: String @tag(name: "public") author: String }
"""


def supergraph(**sdls: str) -> str:
    result = compose_all(**sdls)
    assert result.supergraph_sdl is not None, result.errors
    return result.supergraph_sdl


def api_of(sdl: str | None) -> str:
    """The printed API schema, without the directives that every gateway adds."""
    assert sdl is not None
    whole = parse(print_schema(load_supergraph(sdl).api_schema))
    own = (
        definition
        for definition in whole.definitions
        if not isinstance(definition, DirectiveDefinitionNode) or definition.name.value == "live"
    )
    return "\n\n".join(print_ast(definition) for definition in own)


def tags(*, include: str = "", exclude: str = "", hide_unreachable: bool = False) -> TagFilter:
    return TagFilter(
        include=frozenset(include.split()),
        exclude=frozenset(exclude.split()),
        hide_unreachable=hide_unreachable,
    )


def same_schema(text: str) -> str:
    return print_schema(build_schema(text))


def test_an_excluded_tag_hides_what_it_stands_on() -> None:
    result = apply_contract(supergraph(shop=SHOP, reviews=REVIEWS), tags(exclude="internal"))

    api = api_of(result.supergraph_sdl)
    for hidden in ("preview", "audit", "Audit", "margin", "GONE", "  id: ID!"):
        assert hidden not in api, hidden
    assert "union Found = Product" in api
    assert "author: String" in api


def test_an_include_list_leaves_tagged_fields_and_what_they_need() -> None:
    result = apply_contract(supergraph(shop=SHOP, reviews=REVIEWS), tags(include="public"))

    assert api_of(result.supergraph_sdl) == same_schema("""
        input By { name: String margin: Int }
        union Found = Product
        interface Named { name: String }
        type Product implements Named {
          reviews: [Review!] name: String margin: Int state: State
        }
        type Query { product(id: ID!, preview: Boolean): Product find(by: By!): Found }
        type Review { text: String }
        enum State { LISTED GONE }
    """)


def test_exclusion_wins_over_inclusion() -> None:
    result = apply_contract(
        supergraph(shop=SHOP, reviews=REVIEWS), tags(include="public", exclude="internal")
    )

    assert "margin" not in api_of(result.supergraph_sdl)
    assert "name: String" in api_of(result.supergraph_sdl)


def test_a_hidden_key_still_routes() -> None:
    result = apply_contract(supergraph(shop=SHOP, reviews=REVIEWS), tags(exclude="internal"))

    assert result.supergraph_sdl is not None
    plan = plan_of(
        load_supergraph(result.supergraph_sdl), "{ product(id: 1) { reviews { text } } }"
    )
    assert "id" in str(plan)
    assert "reviews" in str(plan)


def test_a_tag_on_a_type_counts_for_its_fields() -> None:
    sdl = supergraph(
        a='type Query { b: B @tag(name: "x") c: Int } type B @tag(name: "x") { d: Int e: E } enum E { F }'
    )

    result = apply_contract(sdl, tags(include="x"))

    assert api_of(result.supergraph_sdl) == same_schema(
        "type B { d: Int e: E } enum E { F } type Query { b: B }"
    )


def test_a_root_type_with_nothing_left_is_gone() -> None:
    sdl = supergraph(a='type Query { b: Int } type Mutation { c: Int @tag(name: "x") }')

    result = apply_contract(sdl, tags(exclude="x"))

    assert api_of(result.supergraph_sdl) == same_schema("type Query { b: Int }")


def test_unreachable_types_are_hidden_when_asked_for() -> None:
    sdl = supergraph(
        a="""
        directive @live(kind: Kind) on FIELD
        type Query { b: B c: C @tag(name: "x") }
        interface B { i: Int }
        type D implements B { i: Int s: Scale }
        type C { lonely: Lonely way(to: To): Int }
        type Lonely { i: Int }
        input To { at: Int }
        scalar Scale
        enum Kind { F }
        """
    )

    kept = apply_contract(sdl, tags(exclude="x"))
    tidied = apply_contract(sdl, tags(exclude="x", hide_unreachable=True))

    assert "type Lonely" in api_of(kept.supergraph_sdl)
    assert api_of(tidied.supergraph_sdl) == same_schema("""
        directive @live(kind: Kind) on FIELD
        interface B { i: Int }
        type D implements B { i: Int s: Scale }
        enum Kind { F }
        type Query { b: B }
        scalar Scale
    """)


@pytest.mark.parametrize(
    ("sdl", "code", "coordinate"),
    [
        (
            'type Query { a: A } type A @tag(name: "x") { b: Int }',
            CompositionCode.REFERENCED_INACCESSIBLE,
            "Query.a",
        ),
        (
            'type Query { a(b: Int! @tag(name: "x")): Int }',
            CompositionCode.REQUIRED_INACCESSIBLE,
            "Query.a(b:)",
        ),
        (
            'type Query { a(b: I): Int } input I { c: Int! @tag(name: "x") d: Int }',
            CompositionCode.REQUIRED_INACCESSIBLE,
            "I.c",
        ),
        (
            'type Query { a(b: E = F): E } enum E { F @tag(name: "x") G }',
            CompositionCode.DEFAULT_VALUE_USES_INACCESSIBLE,
            "Query.a(b:)",
        ),
        (
            'type Query { a: I } interface I { b: Int } type A implements I { b: Int @tag(name: "x") c: Int }',
            CompositionCode.IMPLEMENTED_BY_INACCESSIBLE,
            "A.b",
        ),
        (
            'type Query { a: Int @tag(name: "x") }',
            CompositionCode.QUERY_ROOT_TYPE_INACCESSIBLE,
            "Query",
        ),
        (
            'directive @on(k: K) on FIELD type Query { a: Int } enum K @tag(name: "x") { L }',
            CompositionCode.REFERENCED_INACCESSIBLE,
            "@on(k:)",
        ),
        (
            'type Query { a(b: I): Int } input I { c: Int @tag(name: "x") }',
            CompositionCode.REFERENCED_INACCESSIBLE,
            "Query.a(b:)",
        ),
    ],
)
def test_what_would_leave_an_invalid_schema_is_refused_with_a_code(
    sdl: str, code: CompositionCode, coordinate: str
) -> None:
    result = apply_contract(supergraph(a=sdl), tags(exclude="x"))

    assert result.supergraph_sdl is None
    assert [(error.code, error.coordinate) for error in result.errors] == [(code, coordinate)]


def test_an_error_says_which_tag_hides() -> None:
    sdl = supergraph(a='type Query { a: A } type A @tag(name: "x") { b: Int }')

    result = apply_contract(sdl, tags(exclude="x"))

    assert '"A" has the excluded tag "x".' in result.errors[0].message


def test_tags_that_stand_nowhere_are_named() -> None:
    result = apply_contract(supergraph(shop=SHOP), tags(exclude="internal intrenal"))

    assert result.unknown_tags == ("intrenal",)


def test_the_text_changes_only_where_something_is_hidden() -> None:
    sdl = supergraph(shop=SHOP, reviews=REVIEWS)

    changed = apply_contract(sdl, tags(exclude="internal")).supergraph_sdl
    unchanged = apply_contract(sdl, tags(exclude="nothing")).supergraph_sdl

    assert unchanged == sdl
    assert changed is not None
    definition = changed[changed.index("directive @inaccessible") :].partition("\n\n")[0] + "\n\n"
    link = '\n  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)'
    assert changed.replace(definition, "").replace(link, "").replace(" @inaccessible", "") == sdl


def test_a_supergraph_of_an_older_inaccessible_gets_the_newer_one() -> None:
    sdl = """
    schema
      @core(feature: "https://specs.apollo.dev/core/v0.2")
      @core(feature: "https://specs.apollo.dev/join/v0.2", for: EXECUTION)
      @core(feature: "https://specs.apollo.dev/tag/v0.2")
      @core(feature: "https://specs.apollo.dev/inaccessible/v0.1", for: SECURITY)
    { query: Query }
    directive @core(feature: String!, as: String, for: core__Purpose) repeatable on SCHEMA
    directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
    directive @tag(name: String!) repeatable on FIELD_DEFINITION | ARGUMENT_DEFINITION
    directive @join__graph(name: String!, url: String!) on ENUM_VALUE
    directive @join__type(graph: join__Graph!) repeatable on OBJECT
    enum join__Graph { A @join__graph(name: "a", url: "http://a.test") }
    enum core__Purpose { EXECUTION SECURITY }
    type Query @join__type(graph: A) { a(b: Int @tag(name: "x")): Int }
    """

    changed = apply_contract(sdl, tags(exclude="x")).supergraph_sdl

    assert changed is not None
    assert api_of(changed) == same_schema("type Query { a: Int }")
    assert '"https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY' in changed
    assert "| INPUT_FIELD_DEFINITION" in changed
    assert changed.count("directive @inaccessible") == 1


def test_renamed_tags_and_inaccessible_are_followed() -> None:
    sdl = """
    schema
      @link(url: "https://specs.apollo.dev/link/v1.0")
      @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
      @link(url: "https://specs.apollo.dev/tag/v0.3", as: "label")
      @link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hidden", for: SECURITY)
    { query: Query }
    directive @hidden on FIELD_DEFINITION
    directive @label(name: String!) repeatable on FIELD_DEFINITION
    directive @link(url: String, as: String, for: link__Purpose) repeatable on SCHEMA
    directive @join__graph(name: String!, url: String!) on ENUM_VALUE
    directive @join__type(graph: join__Graph!) repeatable on OBJECT
    enum join__Graph { A @join__graph(name: "a", url: "http://a.test") }
    enum link__Purpose { EXECUTION SECURITY }
    type Query @join__type(graph: A) { a: Int b: Int @label(name: "x") c: Int @hidden }
    """

    changed = apply_contract(sdl, tags(exclude="x")).supergraph_sdl

    assert changed is not None
    assert 'b: Int @label(name: "x") @hidden' in changed
    assert api_of(changed) == same_schema("type Query { a: Int }")


@pytest.mark.parametrize("text", ["type Query {", "type Query { a: Int }"])
def test_what_is_no_supergraph_is_refused(text: str) -> None:
    with pytest.raises(SupergraphInvalid):
        apply_contract(text, tags(exclude="x"))
