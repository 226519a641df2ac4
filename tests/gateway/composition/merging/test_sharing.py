"""Who has to say that a field is shared."""

from __future__ import annotations

import pytest

from tests.support.subgraphs import codes, compose_all

PROVIDING = """
    type Query { best: T @provides(fields: "name") }
    type T @key(fields: "id") { id: ID! name: String @external }
"""


@pytest.mark.parametrize(
    ("marks", "expected"), [("", ["INVALID_FIELD_SHARING"]), ("@shareable", [])]
)
def test_a_field_that_another_subgraph_provides_is_shared(marks: str, expected: list[str]) -> None:
    result = compose_all(
        a=f'type Query {{ t: T }} type T @key(fields: "id") {{ id: ID! name: String {marks} }}',
        b=PROVIDING,
    )

    assert codes(result) == expected


def test_an_external_field_that_nobody_provides_is_no_sharing() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! name: String }',
        b="""type T @key(fields: "id") {
               id: ID! name: String @external loud: String @requires(fields: "name")
             }""",
    )

    assert codes(result) == []


@pytest.mark.parametrize(
    ("marks", "expected"), [("", ["INVALID_FIELD_SHARING"]), ("@shareable", [])]
)
def test_a_field_on_the_way_to_what_is_provided_says_itself_that_it_is_shared(
    marks: str, expected: list[str]
) -> None:
    result = compose_all(
        a=f"""type Query {{ t: T @provides(fields: "soil {{ kind }}") }}
              type T @key(fields: "id") {{ id: ID! soil: Soil {marks} }} type Soil {{ kind: Int @external }}""",
        b="""type T @key(fields: "id") { id: ID! soil: Soil @shareable }
             type Soil @shareable { kind: Int }""",
    )

    assert codes(result) == expected
