"""Values of arguments inside ``@requires``: what the owner's field could not be asked with is refused."""

from __future__ import annotations

import json

import pytest

from tests.support.subgraphs import codes, compose_all

FIELD = "f(n: Int! = 1, s: String, id: ID, e: Colour, l: [[Int!]], i: Size, j: JSON, r: Int!): Int"
TYPES = "enum Colour { RED } scalar JSON input Size { w: Int! = 1 h: Int! unit: [Colour] }"


def codes_of(arguments: str) -> list[str]:
    field_set = json.dumps(f"f({arguments})" if arguments else "f")
    return codes(
        compose_all(
            a=f'type Query {{ t: T }} type T @key(fields: "id") {{ id: ID! {FIELD} }} {TYPES}',
            b=f"""type T @key(fields: "id") {{ id: ID! {FIELD} @external g: Int @requires(fields: {field_set}) }}
                  {TYPES}""",
        )
    )


@pytest.mark.parametrize(
    "arguments",
    [
        "r: 1",
        'r: 1, n: 2, s: "x", id: 5, e: RED, l: [[1, 2], null], i: { h: 2, unit: RED }, j: { any: [1, E, "x"] }',
        "r: 1, s: null, e: null, l: null, i: null, j: null",
        'r: 1, l: 3, id: "x", i: { w: 1, h: 2, unit: [null, RED] }',
    ],
)
def test_values_that_fit_are_accepted(arguments: str) -> None:
    assert codes_of(arguments) == []


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "n: 1",
        "r: null",
        'r: "1"',
        "r: 2147483648",
        "r: 1, r: 2",
        "r: 1, x: 1",
        "r: 1, s: 1",
        "r: 1, e: BLUE",
        'r: 1, e: "RED"',
        "r: 1, l: [[null]]",
        "r: 1, l: [[[1]]]",
        "r: 1, i: {}",
        "r: 1, i: { h: null }",
        "r: 1, i: { h: 1, x: 1 }",
        "r: 1, i: 3",
        "r: $r",
        "r: 1, j: $j",
        "r: 1, j: { a: [$j] }",
    ],
)
def test_values_that_do_not_fit_are_refused(arguments: str) -> None:
    assert codes_of(arguments) == ["REQUIRES_INVALID_FIELDS"]
