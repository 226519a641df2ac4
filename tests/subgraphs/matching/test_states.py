from __future__ import annotations

from itertools import product

import pytest

from subgraphs.matching.errors import IllegalTransition
from subgraphs.matching.states import PoolState, SearchState, advance, move_in_pool

SEARCHES = {
    ("ACCEPTED", "RUNNING"),
    ("ACCEPTED", "CANCELLED"),
    ("RUNNING", "RUNNING"),
    ("RUNNING", "FOUND"),
    ("RUNNING", "EXHAUSTED"),
    ("RUNNING", "CANCELLED"),
}
POOL = {
    ("ACTIVE", "PAUSED"),
    ("ACTIVE", "REMOVED"),
    ("PAUSED", "ACTIVE"),
    ("PAUSED", "REMOVED"),
    ("REMOVED", "ACTIVE"),
}


@pytest.mark.parametrize(("current", "target"), list(product(SearchState, SearchState)))
def test_a_search_moves_only_along_its_life(current: SearchState, target: SearchState) -> None:
    if (current.value, target.value) in SEARCHES:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"{current} cannot become {target}"):
            advance(current, target)


@pytest.mark.parametrize(("current", "target"), list(product(PoolState, PoolState)))
def test_a_worker_moves_only_where_the_pool_allows(current: PoolState, target: PoolState) -> None:
    if (current.value, target.value) in POOL:
        assert move_in_pool(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"{current} in the pool cannot become"):
            move_in_pool(current, target)
