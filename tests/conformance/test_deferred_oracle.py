"""Answers in parts, put together, equal the answer in one piece, on random supergraphs and operations.

``CATTERY_ORACLE_EXAMPLES`` sets how many supergraphs are tried.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.deferred_oracle import DeferredOracle
from tests.support.oracle import oracle_of

EXAMPLES = int(os.environ.get("CATTERY_ORACLE_EXAMPLES", "40"))
OPERATIONS = 5


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
