"""What clients are told of variables that do not fit: GraphQL and JSON, never Python."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInputType, Undefined, build_schema, coerce_input_value
from graphql.language import parse_type
from graphql.utilities import type_from_ast
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import NestingTooDeep, VariablesInvalid
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.value_problems import describe_value, find_value_problems
from gateway.operations.variables import VariableCoercion

SCHEMA = build_schema(
    """
    type Query { a(by: By, one: One, when: Time, f: Float, i: ID, b: Boolean): Int }
    input By { n: Int!  name: String  tags: [[String!]!]  by: By  colour: Colour  d: Int! = 1 }
    input One @oneOf { n: Int  name: String }
    enum Colour { RED GREEN BLUE }
    scalar Time
    """
)


def messages(kind: str, raw: dict[str, object], *, suggests: bool = True) -> list[str]:
    document = parse_document(f"query($x: {kind}) {{ a }}", max_tokens=1000)
    operation = select_operation(document, None)
    with pytest.raises(VariablesInvalid) as caught:
        VariableCoercion(operation, SCHEMA, suggests=suggests).coerce(raw)
    assert caught.value.problems[0].locations == ((1, 7),)
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("Int!", None, 'Variable "$x" of non-null type "Int!" must not be null.'),
        ("Time!", None, 'Variable "$x" of non-null type "Time!" must not be null.'),
        ("Int", 'a"', r'got invalid value "a\""; Int cannot represent non-integer value: "a\""'),
        ("Int", 1.5, "got invalid value 1.5; Int cannot represent non-integer value: 1.5"),
        (
            "Int",
            2**31,
            "got invalid value 2147483648; Int cannot represent non 32-bit signed integer value: 2147483648",
        ),
        ("Float", True, "invalid value true; Float cannot represent non numeric value: true"),
        (
            "String",
            {"a": None, "b": [True, 1.0]},
            'String cannot represent a non string value: {"a": null, "b": [true, 1.0]}',
        ),
        ("ID", False, "got invalid value false; ID cannot represent value: false"),
        ("Boolean", "true", 'Boolean cannot represent a non boolean value: "true"'),
        (
            "[Int!]",
            [1, None],
            'got invalid value null at "x[1]"; Expected non-nullable type "Int!" not to be null.',
        ),
        (
            "By",
            {"n": 1, "by": {"n": 2, "tags": [["é"], [None]]}},
            'null at "x.by.tags[1][0]"; Expected non-nullable type "String!" not to be null.',
        ),
        (
            "By",
            {"name": "é"},
            'got invalid value {"name": "é"}; Field "n" of required type "Int!" was not provided.',
        ),
        ("By", [], 'got invalid value []; Expected type "By" to be an object.'),
        (
            "By",
            {"n": 1, "nme": True},
            'got invalid value {"n": 1, "nme": true}; Field "nme" is not defined by type "By".'
            ' Did you mean "name" or "n"?',
        ),
        (
            "Colour",
            "GREN",
            'Value "GREN" does not exist in "Colour" enum. Did you mean the enum value "GREEN" or "RED"?',
        ),
        ("Colour", True, 'Enum "Colour" cannot represent non-string value: true.'),
        (
            "By",
            {"n": 1, "colour": "RE"},
            'got invalid value "RE" at "x.colour"; Value "RE" does not exist in "Colour" enum.'
            ' Did you mean the enum value "RED"?',
        ),
        ("One", {}, 'invalid value {}; Exactly one key must be specified for OneOf type "One".'),
        (
            "One",
            {"n": 1, "name": None},
            'Exactly one key must be specified for OneOf type "One".',
        ),
        ("One", {"n": None}, 'got invalid value null at "x.n"; Field "n" must be non-null.'),
    ],
)
def test_messages_speak_of_graphql_and_json(kind: str, value: object, message: str) -> None:
    (found,) = messages(kind, {"x": value})

    assert found.startswith('Variable "$x" ')
    assert found.endswith(message)


def test_a_variable_that_is_missing_is_said_to_be() -> None:
    assert messages("Int!", {}) == ['Variable "$x" of required type "Int!" was not provided.']


def test_nothing_of_the_schema_is_suggested_where_it_is_not_shown() -> None:
    value = {"n": 1, "nme": True, "colour": "RE"}

    found = messages("By", {"x": value}, suggests=False)

    assert len(found) == 2
    assert not any("Did you mean" in message for message in found)


def test_the_text_of_a_value_has_an_end() -> None:
    assert describe_value(["a" * 1000]) == '["' + "a" * 198 + "…"
    (found,) = messages("By", {"x": {"n": 1, "b" * 10_000: 1}})
    assert len(found) < 1000


def test_a_file_where_none_is_taken_is_shown_as_one() -> None:
    assert describe_value({"name": object()}) == '{"name": "<file>"}'


def test_no_more_than_twenty_problems_are_told() -> None:
    found = messages("[Int]", {"x": ["x"] * 100})

    assert len(found) == 21
    assert "Too many errors" in found[-1]


def test_what_is_nested_too_deep_is_refused_as_such() -> None:
    value: dict[str, object] = {"n": 1}
    for _ in range(300):
        value = {"n": 1, "by": value}
    operation = select_operation(parse_document("query($x: By) { a }", max_tokens=100), None)

    with pytest.raises(NestingTooDeep):
        VariableCoercion(operation, SCHEMA).coerce({"x": value})


# -- what has no problems is what graphql-core coerces -----------------------------------------

_KINDS = st.recursive(
    st.sampled_from(["Int", "Float", "String", "ID", "Boolean", "Colour", "By", "One", "Time"]),
    lambda inner: st.one_of(
        inner.map("[{}]".format), inner.map(lambda text: text.rstrip("!") + "!")
    ),
    max_leaves=3,
)
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, 2**31 - 1, 2**31, 2**70, 1.0, 1.5, 1e300, float("inf")]),
        st.sampled_from(["", "RED", "GREE", "1"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["n", "name", "by", "tags", "colour", "d", "z"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


@given(kind=_KINDS, value=_VALUES)
def test_problems_are_found_where_coercion_fails_and_nowhere_else(kind: str, value: Any) -> None:
    expected: GraphQLInputType | Any = type_from_ast(SCHEMA, parse_type(kind))

    found = list(find_value_problems(value, expected))

    assert bool(found) == (coerce_input_value(value, expected) is Undefined)
