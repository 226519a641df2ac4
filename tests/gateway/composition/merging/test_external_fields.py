"""What an external declaration may say about the field's type."""

from __future__ import annotations

import pytest

from tests.support.subgraphs import codes, compose_all


@pytest.mark.parametrize(
    ("declared", "owned", "is_accepted"),
    [
        ("Int", ["Int"], True),
        ("Int!", ["Int!"], True),
        ("Int", ["Int!"], False),
        ("Int!", ["Int"], False),
        ("Int", ["Int", "Int!"], True),
        ("Int!", ["Int", "Int!"], True),
        ("Int", ["Int!", "Int!"], False),
        ("String", ["Int", "Int!"], False),
    ],
)
def test_an_external_field_has_its_owners_type(
    declared: str, owned: list[str], *, is_accepted: bool
) -> None:
    owners = {
        f"owner{number}": f'type T @key(fields: "id") {{ id: ID! weight: {type_} @shareable }}'
        for number, type_ in enumerate(owned)
    }

    result = compose_all(
        a=f"""type Query {{ t: T }}
              type T @key(fields: "id") {{
                id: ID! weight: {declared} @external cost: Int @requires(fields: "weight")
              }}""",
        **owners,
    )

    assert codes(result) == ([] if is_accepted else ["EXTERNAL_TYPE_MISMATCH"])


@pytest.mark.parametrize(
    ("declared", "owned", "is_accepted"),
    [
        ("Int", "Int", True),
        ("Int!", "Int!", True),
        ("Int", "Int!", True),
        ("Int!", "Int", False),
        ("Float", "Int", False),
        ("[Int]", "Int", False),
    ],
)
def test_an_argument_of_an_external_field_takes_what_its_owners_takes(
    declared: str, owned: str, *, is_accepted: bool
) -> None:
    result = compose_all(
        a=f"""type Query {{ t: T }} type T @key(fields: "id") {{
                id: ID! weight(in: {declared}): Int @external cost: Int @requires(fields: "weight(in: 1)")
              }}""",
        b=f'type T @key(fields: "id") {{ id: ID! weight(in: {owned}): Int }}',
    )

    assert codes(result) == ([] if is_accepted else ["EXTERNAL_ARGUMENT_TYPE_MISMATCH"])


@pytest.mark.parametrize("directive", ["@deprecated", '@tag(name: "a")', "@inaccessible"])
def test_what_is_said_of_a_field_is_said_where_it_is_resolved(directive: str) -> None:
    result = compose_all(
        a=f"""type Query {{ t: T }} type T @key(fields: "id") {{
                id: ID! weight: Int @external {directive} cost: Int @requires(fields: "weight")
              }}""",
        b='type T @key(fields: "id") { id: ID! weight: Int }',
    )

    assert codes(result) == ["MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"]


@pytest.mark.parametrize("marks", ["@external", ""])
def test_an_external_key_of_an_extension_is_resolved_wherever_the_mark_stands(marks: str) -> None:
    on_type = "" if marks else "@external"

    result = compose_all(
        a=f'type Query {{ t: T }} type T @extends @key(fields: "id") {on_type} {{ id: ID! {marks} }}',
        b='type T @key(fields: "id") { id: ID! x: Int }',
    )

    assert codes(result) == []
