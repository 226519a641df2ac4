"""Authorization, on random supergraphs with random requirements and for random callers.

The answer is that of one schema in which denied coordinates are null, errors stand at the places that are denied, and
no subgraph is ever asked for any of it. ``CATTERY_ORACLE_EXAMPLES`` sets how many supergraphs are tried.
"""

from __future__ import annotations

import os
from random import Random

from graphql import validate
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.operations.parse import parse_document
from tests.support.denied_oracle import DeniedOracle, protected_of, somebody
from tests.support.random_operations import random_operation

EXAMPLES = int(os.environ.get("CATTERY_ORACLE_EXAMPLES", "40"))
OPERATIONS = 6


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**9))
def test_what_is_denied_is_null_and_is_never_asked_for(seed: int) -> None:
    protected = protected_of(seed)
    assume(protected is not None)
    assert protected is not None
    random = Random(seed)  # noqa: S311 - no secret
    schema = protected.supergraph.api_schema
    for number in range(OPERATIONS):
        operation = random_operation(schema, random, with_defer=number % 2 == 1)
        if not validate(schema, parse_document(operation.text, max_tokens=100_000)):
            DeniedOracle(protected, somebody(random)).compare(operation)


def test_the_oracle_meets_denials() -> None:
    denials = 0
    for seed in range(40):
        protected = protected_of(seed)
        if protected is None:
            continue
        random = Random(seed)  # noqa: S311 - no secret
        schema = protected.supergraph.api_schema
        operation = random_operation(schema, random)
        if not validate(schema, parse_document(operation.text, max_tokens=100_000)):
            oracle = DeniedOracle(protected, somebody(random))
            oracle.compare(operation)
            denials += oracle.denials

    assert denials > 10
