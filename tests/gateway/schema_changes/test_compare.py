"""Every kind of change, under its code and coordinate."""

from __future__ import annotations

import pytest
from graphql.utilities import find_breaking_changes

from gateway.schema_changes import ChangeCode, Severity, find_changes, read_schema
from gateway.schema_changes.change import SEVERITIES

QUERY = "type Query { q: Int }\n"

CASES: list[tuple[str, str, str]] = [
    # before, after, "CODE coordinate" of each change
    (QUERY, f"{QUERY} type Mutation {{ m: Int }}", "TYPE_ADDED Mutation, ROOT_TYPE_ADDED schema.mutation"),
    (f"{QUERY} type Mutation {{ m: Int }}", QUERY, "TYPE_REMOVED Mutation, ROOT_TYPE_REMOVED schema.mutation"),
    (
        f"schema {{ query: Query }} {QUERY} type Other {{ q: Int }}",
        f"schema {{ query: Other }} {QUERY} type Other {{ q: Int }}",
        "ROOT_TYPE_CHANGED schema.query",
    ),
    (f"{QUERY} scalar A", f"{QUERY} enum A {{ B }}", "TYPE_KIND_CHANGED A"),
    (
        'scalar A @specifiedBy(url: "http://a") type Query { q: A }',
        'scalar A @specifiedBy(url: "http://b") type Query { q: A }',
        "SPECIFIED_BY_CHANGED A",
    ),
    # Fields
    ("type Query { a: Int b: Int }", "type Query { b: Int }", "FIELD_REMOVED Query.a"),
    ("type Query { b: Int }", "type Query { a: Int b: Int }", "FIELD_ADDED Query.a"),
    ("type Query { a: Int! }", "type Query { a: Int }", "FIELD_TYPE_CHANGED Query.a"),
    ("type Query { a: [Int] }", "type Query { a: [Int!]! }", "FIELD_TYPE_NARROWED Query.a"),
    ("type Query { a: Int }", "type Query { a: [Int] }", "FIELD_TYPE_CHANGED Query.a"),
    # Interfaces and unions
    (
        f"{QUERY} interface I {{ a: Int }} type A implements I {{ a: Int }}",
        f"{QUERY} interface I {{ a: Int }} type A {{ a: Int }}",
        "IMPLEMENTATION_REMOVED A",
    ),
    (
        f"{QUERY} interface I {{ a: Int }} type A {{ a: Int }}",
        f"{QUERY} interface I {{ a: Int }} type A implements I {{ a: Int }}",
        "IMPLEMENTATION_ADDED A",
    ),
    (
        f"{QUERY} type A {{ a: Int }} type B {{ b: Int }} union U = A | B",
        f"{QUERY} type A {{ a: Int }} type B {{ b: Int }} union U = A",
        "UNION_MEMBER_REMOVED U",
    ),
    (
        f"{QUERY} type A {{ a: Int }} type B {{ b: Int }} union U = A",
        f"{QUERY} type A {{ a: Int }} type B {{ b: Int }} union U = A | B",
        "UNION_MEMBER_ADDED U",
    ),
    # Arguments
    ("type Query { a(x: Int): Int }", "type Query { a: Int }", "ARGUMENT_REMOVED Query.a(x:)"),
    ("type Query { a: Int }", "type Query { a(x: Int): Int }", "OPTIONAL_ARGUMENT_ADDED Query.a(x:)"),
    ("type Query { a: Int }", "type Query { a(x: Int! = 1): Int }", "OPTIONAL_ARGUMENT_ADDED Query.a(x:)"),
    ("type Query { a: Int }", "type Query { a(x: Int!): Int }", "REQUIRED_ARGUMENT_ADDED Query.a(x:)"),
    ("type Query { a(x: Int): Int }", "type Query { a(x: Int!): Int }", "ARGUMENT_BECAME_REQUIRED Query.a(x:)"),
    ("type Query { a(x: Int! = 1): Int }", "type Query { a(x: Int!): Int }", "ARGUMENT_BECAME_REQUIRED Query.a(x:)"),
    (
        "type Query { a(x: Int): Int }",
        "type Query { a(x: String!): Int }",
        "ARGUMENT_BECAME_REQUIRED Query.a(x:), ARGUMENT_TYPE_CHANGED Query.a(x:)",
    ),
    ("type Query { a(x: Int): Int }", "type Query { a(x: Int! = 1): Int }",
     "ARGUMENT_DEFAULT_CHANGED Query.a(x:), ARGUMENT_TYPE_CHANGED Query.a(x:)"),
    ("type Query { a(x: Int!): Int }", "type Query { a(x: Int): Int }", "ARGUMENT_TYPE_WIDENED Query.a(x:)"),
    ("type Query { a(x: Int = 1): Int }", "type Query { a(x: Int = 2): Int }", "ARGUMENT_DEFAULT_CHANGED Query.a(x:)"),
    ("type Query { a(x: Int = 1): Int }", "type Query { a(x: Int): Int }", "ARGUMENT_DEFAULT_CHANGED Query.a(x:)"),
    ("type Query { a(x: Int): Int }", "type Query { a(x: [Int]): Int }", "ARGUMENT_TYPE_CHANGED Query.a(x:)"),
    # Input types
    (f"{QUERY} input I {{ a: Int b: Int }}", f"{QUERY} input I {{ b: Int }}", "INPUT_FIELD_REMOVED I.a"),
    (f"{QUERY} input I {{ b: Int }}", f"{QUERY} input I {{ a: Int b: Int }}", "OPTIONAL_INPUT_FIELD_ADDED I.a"),
    (f"{QUERY} input I {{ b: Int }}", f"{QUERY} input I {{ a: Int! b: Int }}", "REQUIRED_INPUT_FIELD_ADDED I.a"),
    (f"{QUERY} input I {{ b: Int }}", f"{QUERY} input I {{ b: Int! }}", "INPUT_FIELD_BECAME_REQUIRED I.b"),
    (f"{QUERY} input I {{ b: Int! }}", f"{QUERY} input I {{ b: Int }}", "INPUT_FIELD_TYPE_WIDENED I.b"),
    (f"{QUERY} input I {{ b: Int }}", f"{QUERY} input I {{ b: ID }}", "INPUT_FIELD_TYPE_CHANGED I.b"),
    (f"{QUERY} input I {{ b: Int }}", f"{QUERY} input I {{ b: Int = 1 }}", "INPUT_FIELD_DEFAULT_CHANGED I.b"),
    (f"{QUERY} input I {{ b: Int }}", f"{QUERY} input I @oneOf {{ b: Int }}", "INPUT_BECAME_ONE_OF I"),
    (f"{QUERY} input I @oneOf {{ b: Int }}", f"{QUERY} input I {{ b: Int }}", "INPUT_NO_LONGER_ONE_OF I"),
    # Enums by position
    (
        "enum E { A B } type Query { q(e: E): Int }",
        "enum E { A } type Query { q(e: E): Int }",
        "ENUM_VALUE_REMOVED_FROM_INPUT E.B",
    ),
    ("enum E { A B } type Query { q: E }", "enum E { A } type Query { q: E }", "ENUM_VALUE_REMOVED_FROM_OUTPUT E.B"),
    (
        "enum E { A B } type Query { q(i: I): E } input I { e: [E!] }",
        "enum E { A } type Query { q(i: I): E } input I { e: [E!] }",
        "ENUM_VALUE_REMOVED_FROM_INPUT E.B",
    ),
    ("enum E { A } type Query { q: [E!] }", "enum E { A B } type Query { q: [E!] }", "ENUM_VALUE_ADDED_TO_OUTPUT E.B"),
    (
        "enum E { A } type Query { q(e: E): Int }",
        "enum E { A B } type Query { q(e: E): Int }",
        "ENUM_VALUE_ADDED_TO_INPUT E.B",
    ),
    # Directives
    (f"{QUERY} directive @d on FIELD", QUERY, "DIRECTIVE_REMOVED @d"),
    (QUERY, f"{QUERY} directive @d on FIELD", "DIRECTIVE_ADDED @d"),
    (QUERY, f"{QUERY} directive @d on FIELD_DEFINITION", ""),
    (QUERY, f"{QUERY} directive @defer(if: Boolean! = true) on INLINE_FRAGMENT", ""),
    (
        f"{QUERY} directive @d on FIELD | QUERY | OBJECT",
        f"{QUERY} directive @d on QUERY | MUTATION",
        "DIRECTIVE_LOCATION_ADDED @d, DIRECTIVE_LOCATION_REMOVED @d",
    ),
    (f"{QUERY} directive @d on FIELD", f"{QUERY} directive @d repeatable on FIELD", "DIRECTIVE_BECAME_REPEATABLE @d"),
    (
        f"{QUERY} directive @d repeatable on FIELD",
        f"{QUERY} directive @d on FIELD",
        "DIRECTIVE_NO_LONGER_REPEATABLE @d",
    ),
    (
        f"{QUERY} directive @d on FIELD",
        f"{QUERY} directive @d(x: Int!) on FIELD",
        "REQUIRED_ARGUMENT_ADDED @d(x:)",
    ),
    # What is said about elements
    ("type Query { a: Int }", "type Query { a: Int @deprecated }", "DEPRECATED Query.a"),
    ("type Query { a: Int @deprecated }", "type Query { a: Int }", "NO_LONGER_DEPRECATED Query.a"),
    (
        "type Query { a(x: Int @deprecated): Int }",
        'type Query { a(x: Int @deprecated(reason: "Old.")): Int }',
        "DEPRECATION_REASON_CHANGED Query.a(x:)",
    ),
    (
        "enum E { A } type Query { a: E }",
        '"One." enum E { "Two." A @deprecated } type Query { a: E }',
        "DESCRIPTION_CHANGED E, DEPRECATED E.A, DESCRIPTION_CHANGED E.A",
    ),
    ("type Query { a: Int }", '"" type Query { a: Int }', ""),
]  # fmt: skip


def changes(old: str, new: str) -> str:
    found = find_changes(read_schema(old), read_schema(new))
    return ", ".join(f"{change.code} {change.coordinate}" for change in found)


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_a_change_has_its_code_and_coordinate(old: str, new: str, expected: str) -> None:
    assert changes(old, new) == expected


def test_every_code_has_a_case() -> None:
    shown = {
        entry.split()[0] for _, _, expected in CASES for entry in expected.split(", ") if entry
    }

    assert shown == set(ChangeCode)


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_what_breaks_by_the_reference_implementation_breaks_here(
    old: str, new: str, expected: str
) -> None:
    """One exception: a value that leaves an enum nobody can send."""
    theirs = find_breaking_changes(read_schema(old), read_schema(new))
    ours = find_changes(read_schema(old), read_schema(new))

    if theirs and "REMOVED_FROM_OUTPUT" not in expected:
        assert any(change.severity is Severity.BREAKING for change in ours)


def test_lines_are_those_of_both_texts() -> None:
    old = '"""\nA query.\n"""\ntype Query {\n  a: Int\n  b: Int\n}\n'
    new = "type Query {\n  b: Int!\n}\n"

    found = find_changes(read_schema(old), read_schema(new))

    assert [(it.coordinate, it.old_line, it.new_line) for it in found] == [
        ("Query", 4, 1),
        ("Query.a", 5, None),
        ("Query.b", 6, 2),
    ]


def test_every_code_has_a_severity() -> None:
    assert SEVERITIES.keys() == set(ChangeCode)
    assert set(SEVERITIES.values()) == set(Severity)
