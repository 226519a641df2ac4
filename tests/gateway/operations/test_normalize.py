"""Operations without fragments, conditions and introspection."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from graphql import parse, validate

from gateway.errors import PlanningLimitExceeded
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import print_selections
from tests.support.supergraphs import normalized, supergraph_of


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    return supergraph_of(
        a="""
        type Query { media: [Media] any: Any book(by: By, n: Int, s: String, f: [Float]): Book }
        interface Media { id: ID! sequel: Media }
        interface Print implements Media { id: ID! sequel: Media pages: Int }
        type Book implements Print & Media { id: ID! sequel: Media pages: Int }
        type Paper implements Print & Media { id: ID! sequel: Media pages: Int }
        type Film implements Media { id: ID! sequel: Media length: Int }
        union Any = Book | Film
        input By { a: Int b: Boolean }
        """
    )


def text_of(
    supergraph: Supergraph, source: str, conditions: Mapping[str, bool] | None = None
) -> str:
    return print_selections(normalized(supergraph, source, conditions).selections)


def test_a_type_condition_becomes_the_types_it_lets_through(supergraph: Supergraph) -> None:
    source = "{ media { id ... on Print { pages ... on Book { x: pages } } ...F } } " + (
        "fragment F on Film { length }"
    )

    assert text_of(supergraph, source) == (
        "media { id ... on Book|Paper { pages } ... on Book { x: pages } ... on Film { length } }"
    )


def test_conditions_that_all_objects_meet_vanish(supergraph: Supergraph) -> None:
    source = "{ media { ... on Media { id } ... { id } } book { ... on Print { pages } } }"

    assert text_of(supergraph, source) == "media { id } book { pages }"


def test_conditions_that_no_object_can_meet_take_their_fields_along(
    supergraph: Supergraph,
) -> None:
    source = "{ any { ... on Print { pages ... on Media { ... on Film { length } } } } }"

    assert text_of(supergraph, source) == "any { ... on Book { pages } }"


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [(True, False, "a: media { id }"), (False, True, "book { pages }")],
)
def test_skip_and_include_are_decided(
    supergraph: Supergraph, yes: bool, no: bool, expected: str
) -> None:
    source = """query($yes: Boolean!, $no: Boolean!) {
      a: media @include(if: $yes) @skip(if: $no) { id }
      ...F @skip(if: $yes)
      ... @include(if: false) { book { id } }
    }
    fragment F on Query { book { pages } }"""

    assert text_of(supergraph, source, {"yes": yes, "no": no}) == expected


def test_arguments_have_one_way_to_be_written(supergraph: Supergraph) -> None:
    source = '''query($n: Int, $b: Boolean) {
      book(n: $n, by: { b: $b, a: 1 }, f: [1.5, null], s: """block""") { id }
    }'''
    (selection,) = normalized(supergraph, source).selections

    assert selection.arguments == '(by: {a: 1, b: $b}, f: [1.5, null], n: $n, s: "block")'
    assert selection.variables == {"n", "b"}


def test_variable_definitions_keep_types_and_defaults(supergraph: Supergraph) -> None:
    operation = normalized(
        supergraph, "query($n: Int = 3, $by: By) { book(n: $n, by: $by) { id } }"
    )

    assert dict(operation.variables) == {"n": "$n: Int = 3", "by": "$by: By"}


def test_introspection_is_cut_out_with_what_it_uses(supergraph: Supergraph) -> None:
    source = """query($name: String!, $n: Int) {
      book(n: $n) { id }
      __typename
      ...S
      t: __type(name: $name) { ...T }
    }
    fragment S on Query { __schema { queryType { ...T } } }
    fragment T on __Type { name }
    fragment U on Book { id }"""
    source = source.replace("book(n: $n) { id }", "book(n: $n) { ...U }")

    operation = normalized(supergraph, source)

    assert print_selections(operation.selections) == (
        "book(n: $n) { id } __typename __schema t: __type"
    )
    assert operation.introspection is not None
    # Neither the other variable nor the other fragment: validation would find both unused.
    assert validate(supergraph.api_schema, parse(operation.introspection)) == []
    assert "book" not in operation.introspection


def test_fragments_spread_again_at_one_place_are_followed_once(supergraph: Supergraph) -> None:
    fragments = " ".join(
        f"fragment F{i} on Media {{ ...F{i + 1} ... on Film {{ ...F{i + 1} }} ...F{i + 1} }}"
        for i in range(40)
    )
    source = f"{{ media {{ ...F0 }} }} {fragments} fragment F40 on Media {{ id }}"

    assert text_of(supergraph, source) == "media { id ... on Film { id } }"


def test_fields_written_again_are_one(supergraph: Supergraph) -> None:
    source = """
      { a: media { id } ...F a: media { ... on Book { pages } id } media { id } }
      fragment F on Query { a: media { __typename } }
    """

    assert text_of(supergraph, source) == (
        "a: media { id __typename ... on Book { pages } } media { id }"
    )


def test_fragments_that_multiply_are_refused_in_time(supergraph: Supergraph) -> None:
    fragments = " ".join(
        f"fragment F{i} on Media {{ ... on Film {{ sequel {{ ...F{i + 1} }} }}"
        f" ... on Book {{ sequel {{ ...F{i + 1} }} }} }}"
        for i in range(40)
    )
    source = f"{{ media {{ ...F0 }} }} {fragments} fragment F40 on Media {{ id }}"

    with pytest.raises(PlanningLimitExceeded):
        normalized(supergraph, source)
    with pytest.raises(PlanningLimitExceeded):
        normalized(supergraph, source.replace("{ id }", "{ id @skip(if: true) }"))
