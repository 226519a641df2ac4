"""Plan and execute equals one monolithic schema, on random supergraphs and random operations.

``CATTERY_ORACLE_EXAMPLES`` sets how many supergraphs are tried.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.oracle import oracle_of

EXAMPLES = int(os.environ.get("CATTERY_ORACLE_EXAMPLES", "60"))
OPERATIONS = 5


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    # About half of the random subgraphs do not compose, and that is composition's to test.
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**9))
def test_the_gateway_answers_what_one_schema_would(seed: int) -> None:
    oracle = oracle_of(seed)
    assume(oracle is not None)
    assert oracle is not None
    for operation in oracle.operations(OPERATIONS, seed):
        oracle.compare(operation)
