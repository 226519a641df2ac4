"""Plan and execute equals one monolithic schema, on random supergraphs and random operations.

``CATTERY_ORACLE_EXAMPLES`` sets how many supergraphs are tried, with up to five operations each;
``CATTERY_ORACLE_SEED`` chooses others than those of every run. How many operations there were is printed (``-rP``).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from tests.support.oracle import oracle_of

EXAMPLES = int(os.environ.get("CATTERY_ORACLE_EXAMPLES", "60"))
SEED = os.environ.get("CATTERY_ORACLE_SEED")
OPERATIONS = 5


def test_the_gateway_answers_what_one_schema_would() -> None:
    compared = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=SEED is None,
        database=None,
        deadline=None,
        # About half of the random subgraphs do not compose, and that is composition's to test.
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(number=st.integers(0, 10**9))
    def compare(number: int) -> None:
        nonlocal compared
        oracle = oracle_of(number)
        assume(oracle is not None)
        assert oracle is not None
        for operation in oracle.operations(OPERATIONS, number):
            oracle.compare(operation)
            compared += 1

    if SEED is not None:
        compare = seed(int(SEED))(compare)
    compare()

    assert compared >= EXAMPLES
    print(f"{compared} operations answered as one schema answers them")  # noqa: T201
