"""Whatever the labels of progressive overrides are, the answer is that of one monolithic schema."""

from __future__ import annotations

from itertools import product

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.support.labelled_worlds import LABELS, LabelledWorld
from tests.support.oracle import oracle_over

OPERATIONS = 3


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    # Most random subgraphs have no override, and of the others about half do not compose.
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 10**9))
def test_the_gateway_answers_what_one_schema_would_on_both_sides(seed: int) -> None:
    world = LabelledWorld(seed)
    assume(world.overrides)
    oracle = oracle_over(world)
    assume(oracle is not None)
    assert oracle is not None
    for values in product([False, True], repeat=len(LABELS)):
        active = frozenset(label for label, value in zip(LABELS, values, strict=True) if value)
        world.activate(active)
        oracle.active_labels = active
        for operation in oracle.operations(OPERATIONS, seed):
            oracle.compare(operation)
