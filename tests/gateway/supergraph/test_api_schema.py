"""What clients see of a supergraph."""

from __future__ import annotations

import pytest
from graphql import (
    ExecutionResult,
    experimental_execute_incrementally,
    get_introspection_query,
    parse,
    print_schema,
    validate,
)

from gateway.errors import SupergraphInvalid
from gateway.supergraph.loader import load_supergraph

from .join_sdl import supergraph_sdl

_LINKS = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)'
_BODY = """
  directive @inaccessible on FIELD_DEFINITION
  directive @tag(name: String!) on FIELD_DEFINITION
  directive @live(rate: Int = 1) on FIELD | FIELD_DEFINITION
  "The root."
  type Query @join__type(graph: A) {
    "A product."
    product(id: ID!, secret: Int @inaccessible): Product @deprecated(reason: "Old.")
    find(by: By): [Node]
    hidden: Int @inaccessible
  }
  interface Node @join__type(graph: A) { id: ID! }
  interface Secret @join__type(graph: A) @inaccessible { id: ID! }
  type Product implements Node & Secret @join__type(graph: A) {
    id: ID!
    colour: Colour
    link: Url
  }
  type Ghost implements Node @join__type(graph: A) @inaccessible { id: ID! }
  union Any @join__type(graph: A) = Product | Ghost
  enum Colour @join__type(graph: A) { RED BLUE @inaccessible }
  scalar Url @join__type(graph: A) @specifiedBy(url: "https://url.example")
  input By @join__type(graph: A) @oneOf { id: ID name: String secret: Int @inaccessible }
"""

_EXPECTED = '''"""The root."""
type Query {
  """A product."""
  product(id: ID!): Product @deprecated(reason: "Old.")
  find(by: By): [Node]
}

interface Node {
  id: ID!
}

type Product implements Node {
  id: ID!
  colour: Colour
  link: Url
}

union Any = Product

enum Colour {
  RED
}

scalar Url @specifiedBy(url: "https://url.example")

input By @oneOf {
  id: ID
  name: String
}'''


def test_clients_see_neither_machinery_nor_inaccessible_elements() -> None:
    schema = load_supergraph(supergraph_sdl(_BODY, links=_LINKS)).api_schema

    _, _, text = print_schema(schema).partition("on FRAGMENT_SPREAD | INLINE_FRAGMENT\n\n")

    assert text.removeprefix("directive @live(rate: Int = 1) on FIELD\n\n") == _EXPECTED


def test_the_api_schema_answers_introspection() -> None:
    schema = load_supergraph(supergraph_sdl(_BODY, links=_LINKS)).api_schema

    result = experimental_execute_incrementally(schema, parse(get_introspection_query()))
    assert isinstance(result, ExecutionResult)

    assert result.errors is None
    assert result.data is not None
    names = {each["name"] for each in result.data["__schema"]["types"]}
    assert not any(name.startswith(("join__", "link__")) for name in names)
    assert "Ghost" not in names
    (defer,) = (each for each in result.data["__schema"]["directives"] if each["name"] == "defer")
    assert defer["locations"] == ["FRAGMENT_SPREAD", "INLINE_FRAGMENT"]
    assert [argument["name"] for argument in defer["args"]] == ["if", "label"]


def test_defer_of_a_supergraph_gives_way_to_the_gateways_own() -> None:
    body = _BODY + "directive @defer(reason: String) on FIELD"

    directive = load_supergraph(supergraph_sdl(body, links=_LINKS)).api_schema.get_directive(
        "defer"
    )

    assert directive is not None
    assert list(directive.args) == ["if", "label"]


def test_a_field_may_be_deprecated_where_its_interface_has_it_undeprecated() -> None:
    """A rule of GraphQL since 2025 that supergraphs in use do not keep."""
    schema = load_supergraph(
        supergraph_sdl(
            """
            type Query @join__type(graph: A) { node: Node }
            interface Node @join__type(graph: A) { name: String }
            type Person implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A) {
              name: String @deprecated(reason: "Use alias.")
            }
            """
        )
    ).api_schema

    assert validate(schema, parse("{ node { name ... on Person { name } } }")) == []
    assert [each.message for each in validate(schema, parse("{ nothing }"))] != []


def test_a_default_value_of_an_output_type_is_refused() -> None:
    with pytest.raises(SupergraphInvalid, match="must be Input Type"):
        load_supergraph(
            supergraph_sdl("type Query @join__type(graph: A) { a(of: Query = X): Int }")
        )
