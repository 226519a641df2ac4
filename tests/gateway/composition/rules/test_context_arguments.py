"""``@fromContext``: what may be read of a context, and for which fields."""

from __future__ import annotations

import pytest

from gateway.composition.context_values import ContextValue, parse_context_value
from tests.support.subgraphs import codes, compose_all, supergraph_sdl_of

TYPES = """
type Query {{ user: User hit: Hit }}
interface Named {{ name: String! }}
type User implements Named @key(fields: "id") @context(name: "one") {{
  id: ID! name: String! nick: String tags: [String!]! groups: [Group!]! group: Group maybe: [Group] to: To!
  sized(of: Int!): String! formatted(as: Int): String! log: Log!
}}
type Group {{ title: String! titles: [String]! }}
union Hit @context(name: "hit") = User | Guest
type Guest implements Named {{ name: String! age: Int! log: Log! to: To! }}
type Log @key(fields: "id") {{ id: ID! line(a: {type} @fromContext(field: "{value}")): String }}
type To @key(fields: "id") {{ id: ID!
  from(n: String! @fromContext(field: "$hit ... on User {{ name }} ... on Guest {{ name }}")): String! }}
"""


def problems(value: str, type_: str = "String") -> list[str]:
    result = compose_all(a=TYPES.format(value=value, type=type_))
    assert codes(result) in ([], ["CONTEXT_INVALID_SELECTION"])
    assert {e.coordinate for e in result.errors} <= {"Log.line(a:)"}
    return [e.message.partition('in subgraph "a": ')[2] for e in result.errors]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$user { name }", ContextValue("user", "{ name }")),
        ("$user name", ContextValue("user", "{ name }")),
        ("  $ user{name}\n", ContextValue("user", "{name}")),
        ("$user ... on A { x }", ContextValue("user", "... on A { x }")),
        ("$user", ContextValue("user", "")),
        ("user { name }", None),
        ("{ name }", None),
        ("", None),
    ],
)
def test_value_is_a_name_and_a_selection(text: str, value: ContextValue | None) -> None:
    assert parse_context_value(text) == value


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("$one { name }", "String!"),
        ("$one name", "String"),
        ("$one { nick }", "String"),
        ("$one { tags }", "[String]"),
        ("$one { group { title } }", "String"),
        ("$one { groups { title } }", "[String!]!"),
        ("$one { maybe { title } }", "[String]"),
        ("$one { groups { titles } }", "[[String]!]!"),
        ("$one { sized(of: 3) }", "String!"),
        ("$one { formatted }", "String!"),
        ("$hit ... on User { nick } ... on Guest { name }", "String"),
        ("$hit ... on Named { name }", "String!"),
    ],
)
def test_one_value_of_the_right_type_is_accepted(value: str, type_: str) -> None:
    if "$one" in value:
        # Logs of guests would have no such context above them.
        sdl = TYPES.replace("age: Int! log: Log!", "age: Int!")
        result = compose_all(a=sdl.format(value=value, type=type_))
        assert codes(result) == [], [str(e) for e in result.errors]
    else:
        assert problems(value, type_) == []


@pytest.mark.parametrize(
    ("value", "type_", "problem"),
    [
        ("$one", "String", 'it selects nothing of "$one".'),
        ("$one { }", "String", 'it selects nothing of "User", which has the context "one".'),
        ("$one { none }", "String", '"User" has no field "none".'),
        ("$one { name nick }", "String", "it has to select one value, not several."),
        (
            "$one { name ... on User { nick } }",
            "String",
            "it has to select one value, not several.",
        ),
        ("$one { group }", "String", '"User.group" is a Group: its fields have to be selected.'),
        (
            "$one { group { title titles } }",
            "String",
            'it has to select one value of "User.group", and no fragments.',
        ),
        ("$one { n: name }", "String", '"name" cannot have an alias.'),
        ("$one { name @skip(if: true) }", "String", "it cannot hold directives."),
        ("$one { __typename }", "String", "__typename is no value of an object."),
        ("$one { sized }", "String", '"User.sized(of:)" is required.'),
        ("$one { to { from } }", "String", '"To.from(n:)" comes from a context itself.'),
        (
            "$one { nick }",
            "String!",
            'of "User" it is of type String, and the argument of type String!.',
        ),
        (
            "$one { group { title } }",
            "String!",
            'of "User" it is of type String, and the argument of type String!.',
        ),
        (
            "$one { tags }",
            "String",
            'of "User" it is of type [String!]!, and the argument of type String.',
        ),
        ("$one { name }", "ID", 'of "User" it is of type String!, and the argument of type ID.'),
        ("$hit { name }", "String", '"Hit" has no field "name".'),
        (
            "$hit ... on User { name }",
            "String",
            'it selects nothing of "Guest", which has the context "hit".',
        ),
        (
            "$hit ... on Named { name } ... on User { nick }",
            "String",
            'it selects more than one value of "User", which has the context "hit".',
        ),
        (
            "$hit ... on Named { name } ... on Group { title }",
            "String",
            'no object with the context "hit" can be a "Group".',
        ),
        (
            "$hit ... on Named { name } ... on Nobody { title }",
            "String",
            'there is no type "Nobody".',
        ),
        ("$hit ... { name }", "String", "a fragment needs a type here."),
        (
            "$hit ... on Guest { name age } ... on User { name }",
            "String",
            'it has to select one value of "Guest", not several.',
        ),
        (
            "$hit ... on Guest { age } ... on User { name }",
            "String",
            'of "Guest" it is of type Int!, and the argument of type String.',
        ),
    ],
)
def test_anything_else_is_explained(value: str, type_: str, problem: str) -> None:
    assert problem in problems(value, type_)


def test_field_of_an_interface_or_for_one_takes_nothing_from_a_context() -> None:
    result = compose_all(
        a="""type Query { t: T } interface I { f(a: String @fromContext(field: "$c { x }")): Int }
        type T implements I @key(fields: "id") @context(name: "c") {
          id: ID! x: String f(a: String @fromContext(field: "$c { x }")): Int }"""
    )

    assert {(e.code, e.coordinate) for e in result.errors} == {
        ("CONTEXT_NOT_SET", "I.f(a:)"),
        ("CONTEXT_NO_RESOLVABLE_KEY", "I.f(a:)"),
        ("CONTEXT_NOT_SET", "T.f(a:)"),
    }


def test_argument_with_a_default_and_arguments_of_directives_take_nothing_from_a_context() -> None:
    result = compose_all(
        a="""type Query { t: T } directive @mine(a: String @fromContext(field: "$c { x }")) on FIELD
        type T @context(name: "c") { x: String u: U }
        type U @key(fields: "id") { id: ID! f(a: String = "x" @fromContext(field: "$c { x }")): Int }"""
    )

    assert {(e.code, e.coordinate) for e in result.errors} == {
        ("CONTEXT_NOT_SET", "@mine(a:)"),
        ("CONTEXT_NOT_SET", "U.f(a:)"),
    }


def test_what_a_context_gives_may_be_external() -> None:
    sdl = supergraph_sdl_of(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! x: String }',
        b="""type T @key(fields: "id") @context(name: "c") { id: ID! x: String @external u: U }
        type U @key(fields: "id") { id: ID! f(a: String @fromContext(field: "$c { x }")): Int }""",
    )

    assert (
        'contextArguments: [{name: "a", type: "String", context: "b__c", selection: "{ x }"}]'
        in sdl
    )


def test_field_that_no_context_is_above_of_is_out_of_reach() -> None:
    result = compose_all(
        a="""type Query { t: T u: U } type T @context(name: "c") { x: String u: U }
        type U @key(fields: "id") { id: ID! f(a: String @fromContext(field: "$c { x }")): Int }"""
    )

    assert codes(result) == ["SATISFIABILITY_ERROR"]
    assert result.errors[0].coordinate == "U.f"
    assert 'with a value from the context "c"' in result.errors[0].message


def test_an_object_is_not_its_own_context() -> None:
    result = compose_all(
        a="""type Query { t: T } type T @key(fields: "id") @context(name: "c") {
        id: ID! x: String f(a: String @fromContext(field: "$c { x }")): Int }"""
    )

    assert [e.coordinate for e in result.errors] == ["T.f"]


def test_protected_value_protects_the_field_that_takes_it() -> None:
    sdl = """type Query {{ t: T }} type T @context(name: "c") {{ x: String @authenticated u: U }}
        type U @key(fields: "id") {{ id: ID! f(a: String @fromContext(field: "$c {{ x }}")): Int {asks} }}"""

    leaking = compose_all(a=sdl.format(asks=""))
    asking = compose_all(a=sdl.format(asks="@authenticated"))

    assert codes(leaking) == ["MISSING_TRANSITIVE_AUTH_REQUIREMENTS"]
    assert codes(asking) == []


def test_field_that_moves_away_takes_nothing_where_it_was() -> None:
    sdl = supergraph_sdl_of(
        a="""type Query { t: T } type T @context(name: "c") { x: String u: U }
        type U @key(fields: "id") { id: ID! f(a: String @fromContext(field: "$c { x }")): Int }""",
        b='type U @key(fields: "id") { id: ID! f: Int @override(from: "a") }',
    )

    assert "f: Int @join__field(graph: B, override: " in sdl
    assert "contextArguments: [{" not in sdl
