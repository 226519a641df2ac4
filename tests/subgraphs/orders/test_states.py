from __future__ import annotations

from itertools import product

import pytest

from subgraphs.orders.errors import IllegalTransition
from subgraphs.orders.states import (
    CANCELLABLE,
    FINAL,
    OrderState,
    Outcome,
    advance,
    can_advance,
    state_after,
)

LEGAL = {
    ("SUBMITTED", "SEARCHING"),
    ("SUBMITTED", "CANCELLED"),
    ("SEARCHING", "ASSIGNED"),
    ("SEARCHING", "WAITING_WORKER"),
    ("SEARCHING", "CANCELLED"),
    ("WAITING_WORKER", "SEARCHING"),
    ("WAITING_WORKER", "CANCELLED"),
    ("ASSIGNED", "IN_PROGRESS"),
    ("ASSIGNED", "COMPLETED"),
    ("ASSIGNED", "FAILED"),
    ("ASSIGNED", "CANCELLED"),
    ("IN_PROGRESS", "COMPLETED"),
    ("IN_PROGRESS", "FAILED"),
    ("IN_PROGRESS", "CANCELLED"),
}


@pytest.mark.parametrize(("current", "target"), list(product(OrderState, OrderState)))
def test_an_order_moves_only_along_its_life(current: OrderState, target: OrderState) -> None:
    if (current.value, target.value) in LEGAL:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"{current} cannot become {target}"):
            advance(current, target)


def test_what_people_may_cancel_can_become_cancelled() -> None:
    assert all(can_advance(state, OrderState.CANCELLED) for state in CANCELLABLE)
    assert OrderState.IN_PROGRESS not in CANCELLABLE


def test_every_outcome_ends_the_order() -> None:
    assert {state_after(outcome) for outcome in Outcome} == FINAL
