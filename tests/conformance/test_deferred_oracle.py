"""Answers in parts, put together, equal the answer in one piece, on random supergraphs and operations.

``CATTERY_ORACLE_EXAMPLES`` sets how many supergraphs are tried.
"""

from __future__ import annotations

import os

from graphql import (
    ExperimentalIncrementalExecutionResults,
    build_schema,
    experimental_execute_incrementally,
    parse,
)
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.deferred_oracle import DeferredOracle
from tests.support.incremental import Payload, merge_parts
from tests.support.oracle import oracle_of

EXAMPLES = int(os.environ.get("CATTERY_ORACLE_EXAMPLES", "15"))
OPERATIONS = 8


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    # About half of the random subgraphs do not compose, and that is composition's to test.
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**9))
def test_parts_make_the_answer_in_one_piece(seed: int) -> None:
    found = oracle_of(seed)
    assume(found is not None)
    assert found is not None
    oracle = DeferredOracle(found)
    for operation in oracle.operations(OPERATIONS, seed):
        oracle.compare(operation, seed)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**9))
def test_parts_keep_the_rules_whatever_subgraphs_do(seed: int) -> None:
    found = oracle_of(seed)
    assume(found is not None)
    assert found is not None
    oracle = DeferredOracle(found)
    for operation in oracle.operations(OPERATIONS, seed):
        oracle.bear(operation, seed)


async def test_the_parts_of_the_reference_executor_are_put_together_alike() -> None:
    """What the oracle takes for the format is what graphql-core writes."""
    schema = build_schema("type Query { a: A list: [A!] } type A { id: ID x: Int sure: Int! a: A }")
    leaf = {"id": "1", "x": 1, "sure": None}
    root = {"a": {**leaf, "a": leaf}, "list": [leaf, leaf]}
    source = """{
      a { id a { id } ... @defer(label: "o") { x a { x ... @defer(label: "i") { y: x } } } }
      list { id ... @defer { x } ... @defer { x z: x } }
      ... @defer { a { a { w: x } } }
      lost: a { id ... @defer { sure } }
    }"""
    started = experimental_execute_incrementally(schema, parse(source), root)
    assert isinstance(started, ExperimentalIncrementalExecutionResults)

    parts: list[Payload] = [dict(started.initial_result.formatted)]
    parts.extend([dict(each.formatted) async for each in started.subsequent_results])

    assert merge_parts(parts)["data"] == {
        "a": {"id": "1", "x": 1, "a": {"id": "1", "x": 1, "y": 1, "w": 1}},
        "list": [{"id": "1", "x": 1, "z": 1}] * 2,
        "lost": {"id": "1"},
    }
