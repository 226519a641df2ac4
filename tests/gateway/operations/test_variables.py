"""Variables: which decide the shape, and what is forwarded. Spec: GraphQL, 6.1.2."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema

from gateway.errors import VariablesInvalid
from gateway.operations.conditions import condition_variables
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import coerce_variables

SCHEMA = build_schema(
    """
    type Query { a(n: Int, by: By, c: [Colour!]): Int  q: Query }
    input By { n: Int! = 3  c: Colour }
    enum Colour { RED BLUE }
    """
)


def conditions(source: str) -> tuple[str, ...]:
    document = parse_document(source, max_tokens=1000)
    return condition_variables(select_operation(document, None), document)


def coerced(head: str, raw: dict[str, Any]) -> dict[str, object]:
    document = parse_document(f"query({head}) {{ a }}", max_tokens=1000)
    return coerce_variables(select_operation(document, None), raw, SCHEMA)


def test_condition_variables_are_found_in_fields_and_all_fragments() -> None:
    source = """
      query($d: Boolean!, $c: Boolean!, $b: Boolean!, $a: Boolean!, $n: Int) {
        a(n: $n) @skip(if: $d)
        ... @include(if: $c) { a }
        q { ...F @skip(if: $b) }
        ...F
      }
      fragment F on Query { ...G @skip(if: true) }
      fragment G on Query { a @include(if: $a) ...F }
    """

    assert conditions(source) == ("a", "b", "c", "d")


def test_conditions_of_other_operations_do_not_count() -> None:
    document = parse_document(
        "query A($x: Boolean!) { a @skip(if: $x) } query B { a }", max_tokens=100
    )

    assert condition_variables(select_operation(document, "B"), document) == ()


def test_values_are_forwarded_as_the_client_wrote_them() -> None:
    raw = {"by": {"c": "RED"}, "c": "BLUE", "unknown": 1}

    assert coerced("$by: By, $c: [Colour!]", raw) == {"by": {"c": "RED"}, "c": "BLUE"}


def test_defaults_are_filled_in_and_null_is_a_value() -> None:
    values = coerced("$n: Int = 2, $m: Int = 2, $by: By = { n: 1, c: RED }, $o: Int", {"m": None})

    assert values == {"n": 2, "m": None, "by": {"n": 1, "c": "RED"}}


def test_every_value_that_does_not_fit_is_named() -> None:
    with pytest.raises(VariablesInvalid) as caught:
        coerced("$n: Int, $c: [Colour!], $m: Int!", {"n": "x", "c": ["GREEN"]})

    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == 3
    assert all("$" in message for message in messages)
    assert caught.value.problems[0].locations == ((1, 7),)
