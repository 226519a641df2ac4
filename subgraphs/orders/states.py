"""An order's life: the one place that says which state may follow which. Pure; no I/O."""

from __future__ import annotations

from enum import StrEnum

from .errors import IllegalTransition


class OrderState(StrEnum):
    """Where an order stands, as the client sees it."""

    SUBMITTED = "SUBMITTED"
    SEARCHING = "SEARCHING"
    WAITING_WORKER = "WAITING_WORKER"
    ASSIGNED = "ASSIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Outcome(StrEnum):
    """How an order or its job ended."""

    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


_ALLOWED: dict[OrderState, frozenset[OrderState]] = {
    OrderState.SUBMITTED: frozenset({OrderState.SEARCHING, OrderState.CANCELLED}),
    OrderState.SEARCHING: frozenset(
        {OrderState.ASSIGNED, OrderState.WAITING_WORKER, OrderState.CANCELLED}
    ),
    OrderState.WAITING_WORKER: frozenset({OrderState.SEARCHING, OrderState.CANCELLED}),
    # A job can end before it starts (nobody came, the worker declined), hence FAILED from ASSIGNED.
    OrderState.ASSIGNED: frozenset(
        {OrderState.IN_PROGRESS, OrderState.COMPLETED, OrderState.FAILED, OrderState.CANCELLED}
    ),
    OrderState.IN_PROGRESS: frozenset(
        {OrderState.COMPLETED, OrderState.FAILED, OrderState.CANCELLED}
    ),
    OrderState.COMPLETED: frozenset(),
    OrderState.FAILED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}

FINAL = frozenset(state for state, following in _ALLOWED.items() if not following)
CANCELLABLE = frozenset(
    {
        OrderState.SUBMITTED,
        OrderState.SEARCHING,
        OrderState.WAITING_WORKER,
        OrderState.ASSIGNED,
    }
)
"""Where people may still cancel; what has started is ended only by its job."""

UNSERVED = CANCELLABLE - {OrderState.ASSIGNED}
"""Where nobody has the order yet."""

REORDERABLE = frozenset({OrderState.FAILED, OrderState.CANCELLED})

_STATE_OF_OUTCOME = {
    Outcome.DONE: OrderState.COMPLETED,
    Outcome.FAILED: OrderState.FAILED,
    Outcome.CANCELLED: OrderState.CANCELLED,
}


def can_advance(current: OrderState, target: OrderState) -> bool:
    """Whether ``target`` may follow ``current``."""
    return target in _ALLOWED[current]


def advance(current: OrderState, target: OrderState) -> OrderState:
    """Return ``target``.

    Raises:
        IllegalTransition: ``target`` may not follow ``current``.
    """
    if not can_advance(current, target):
        raise IllegalTransition(f"An order that is {current} cannot become {target}.")
    return target


def state_after(outcome: Outcome) -> OrderState:
    """Return the final state of an order whose job ended so."""
    return _STATE_OF_OUTCOME[outcome]
