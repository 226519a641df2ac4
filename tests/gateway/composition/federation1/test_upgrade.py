"""Federation 1 subgraphs compose, among themselves and with those of Federation 2."""

from __future__ import annotations

import pytest

from gateway.composition.compose import CompositionResult, SubgraphSource, compose
from tests.support.subgraphs import codes, fed

BASE = 'type Query { t: T } type T @key(fields: "id") { id: ID! name: String size: Size } type Size { x: Int y: Int }'


def compose_old(**sdls: str) -> CompositionResult:
    return compose([SubgraphSource(name, f"http://{name}", sdl) for name, sdl in sdls.items()])


def line_of(result: CompositionResult, field: str, type_name: str = "T") -> str:
    """The line of the supergraph that declares a field of a type."""
    assert result.supergraph_sdl is not None, [str(error) for error in result.errors]
    body = result.supergraph_sdl.split(f"\ntype {type_name}\n", 1)[1].split("\n}\n", 1)[0]
    return next(line.strip() for line in body.splitlines() if line.startswith(f"  {field}"))


@pytest.mark.parametrize("fields", ['["id"]', "id", '"id"', "[id]"])
def test_field_set_may_be_a_list_or_a_bare_name(fields: str) -> None:
    result = compose_old(
        a=BASE, b=f"extend type T @key(fields: {fields}) {{ id: ID! @external more: Int }}"
    )

    assert line_of(result, "more") == "more: Int @join__field(graph: B)"


def test_key_fields_of_an_extension_are_resolved() -> None:
    result = compose_old(
        a=BASE, b='extend type T @key(fields: "id") { id: ID! @external more: Int }'
    )

    assert line_of(result, "id") == "id: ID!"


def test_extension_without_a_key_goes_by_that_of_another_subgraph() -> None:
    result = compose_old(
        a=BASE, b="type Query { u: T } extend type T { id: ID! @external more: Int }"
    )

    # Its id is resolved, so that b's query leads on to a; but without a key nothing leads to b.
    assert codes(result) == ["SATISFIABILITY_ERROR"]
    assert {e.coordinate for e in result.errors} == {"T.more"}


def test_external_fields_without_a_use_are_dropped() -> None:
    result = compose_old(
        a=BASE,
        b='extend type T @key(fields: "id") { id: ID! @external name: String @external more: Int }',
    )

    assert line_of(result, "name") == "name: String @join__field(graph: A)"


def test_type_that_is_emptied_so_is_dropped() -> None:
    result = compose_old(a=BASE, b="type Query { b: Int } extend type T { name: String @external }")

    assert line_of(result, "name") == "name: String"


def test_what_is_not_external_is_dropped_from_requires_and_provides() -> None:
    result = compose_old(
        a=BASE,
        b="""type Query { u: T @provides(fields: "id name size { x }") s: Int @provides(fields: "x") }
        extend type T @key(fields: "id") { id: ID! @external name: String @external own: Int
          r: Int @requires(fields: "own name") q: Int @requires(fields: "own") size: Size @external }
        type Size { x: Int y: Int }""",
    )

    assert line_of(result, "r") == 'r: Int @join__field(graph: B, requires: "name")'
    assert line_of(result, "q") == "q: Int @join__field(graph: B)"
    assert (
        line_of(result, "u", "Query") == 'u: T @join__field(graph: B, provides: "name size { x }")'
    )
    assert line_of(result, "s", "Query") == "s: Int @join__field(graph: B)"


def test_value_types_and_fields_that_several_resolve_are_shared() -> None:
    result = compose_old(
        a=BASE,
        b="""type Query { t: T } type T @key(fields: "id") { id: ID! name: String size: Size }
        type Size { x: Int y: Int }""",
    )

    assert codes(result) == []


def test_subscriptions_are_not_shared() -> None:
    result = compose_old(
        a=BASE + " type Subscription { s: Int }",
        b="type Query { b: Int } type Subscription { s: Int }",
    )

    assert codes(result) == ["INVALID_FIELD_SHARING"]


def test_directives_of_interfaces_are_ignored() -> None:
    result = compose_old(
        a="""type Query { n: N } interface N @key(fields: "id") { id: ID! @external x: Int @requires(fields: "id") }
        type U implements N @key(fields: "id") { id: ID! x: Int }""",
    )

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    assert "interface N\n  @join__type(graph: A)\n" in result.supergraph_sdl


def test_tag_on_an_external_field_is_dropped_where_the_owner_has_it() -> None:
    owner = BASE.replace("name: String", 'name: String @tag(name: "x")')
    other = """extend type T @key(fields: "id") { id: ID! @external name: String @external @tag(name: "%s")
      r: Int @requires(fields: "name") }"""

    assert codes(compose_old(a=owner, b=other % "x")) == []
    assert codes(compose_old(a=owner, b=other % "y")) == [
        "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"
    ]


def test_old_and_new_subgraphs_compose() -> None:
    result = compose_old(
        a=BASE, b=fed('type T @key(fields: "id") { id: ID! name: String @shareable more: Int }')
    )

    assert codes(result) == []


def test_new_subgraph_has_to_say_that_it_shares() -> None:
    result = compose_old(a=BASE, b=fed('type T @key(fields: "id") { id: ID! name: String }'))

    assert codes(result) == ["INVALID_FIELD_SHARING"]
    assert 'marked @shareable in subgraph "b"' in result.errors[0].message


def test_keyed_interface_beside_an_interface_object_has_to_be_new() -> None:
    result = compose_old(
        a="""type Query { n: N } interface N @key(fields: "id") { id: ID! }
        type U implements N @key(fields: "id") { id: ID! }""",
        b=fed('type N @interfaceObject @key(fields: "id") { id: ID! z: Int }'),
    )

    assert "INTERFACE_OBJECT_USAGE_ERROR" in codes(result)
