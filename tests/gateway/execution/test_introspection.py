"""Introspection of the API schema: answered once per text and variables, and forgotten in time."""

from __future__ import annotations

import pytest
from graphql import build_schema

from gateway.errors import ExecutionError
from gateway.execution.introspection import Introspection

SCHEMA = build_schema("type Query { a: Int } type Other { b: Int }")
BY_NAME = "query ($n: String!) { __type(name: $n) { name } }"


def test_an_answer_is_kept_by_text_and_by_the_variables_that_it_uses() -> None:
    introspection = Introspection(SCHEMA)

    first = introspection.answer(BY_NAME, {"n": "Query", "elsewhere": 1})

    assert first == {"__type": {"name": "Query"}}
    assert introspection.answer(BY_NAME, {"n": "Query", "elsewhere": 2}) is first
    assert introspection.answer(BY_NAME, {"n": "Other"}) == {"__type": {"name": "Other"}}


def test_no_more_answers_are_kept_than_allowed() -> None:
    introspection = Introspection(SCHEMA, max_entries=2)
    first = introspection.answer(BY_NAME, {"n": "Query"})
    introspection.answer(BY_NAME, {"n": "Other"})
    assert introspection.answer(BY_NAME, {"n": "Query"}) is first

    introspection.answer(BY_NAME, {"n": "Int"})

    assert introspection.answer(BY_NAME, {"n": "Query"}) is first
    introspection.answer(BY_NAME, {"n": "a"})
    introspection.answer(BY_NAME, {"n": "b"})
    assert introspection.answer(BY_NAME, {"n": "Query"}) is not first


def test_a_wrong_text_is_a_wrong_plan() -> None:
    with pytest.raises(ExecutionError, match="introspection part"):
        Introspection(SCHEMA).answer("{ __type { name } }", {})
