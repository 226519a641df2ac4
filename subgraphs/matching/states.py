"""A search's life and a worker's place in the pool: which state may follow which. Pure; no I/O."""

from __future__ import annotations

from enum import StrEnum

from .errors import IllegalTransition


class SearchState(StrEnum):
    """Where a search stands."""

    ACCEPTED = "ACCEPTED"
    RUNNING = "RUNNING"
    FOUND = "FOUND"
    EXHAUSTED = "EXHAUSTED"
    CANCELLED = "CANCELLED"


class PoolState(StrEnum):
    """Whether a worker can be found."""

    ACTIVE = "ACTIVE"
    BUSY = "BUSY"
    """At work at this moment. Derived from the booked slots, never stored: tomorrow's order can still find them."""
    PAUSED = "PAUSED"
    REMOVED = "REMOVED"


class ExhaustedReason(StrEnum):
    """Why nobody was found."""

    EMPTY_POOL = "EMPTY_POOL"
    ALL_EXCLUDED = "ALL_EXCLUDED"
    """Everybody has had this order before."""
    NOBODY_FREE = "NOBODY_FREE"


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Verdict(StrEnum):
    """Whose fault quality control found it to be."""

    WORKER_FAULT = "WORKER_FAULT"
    CLIENT_FAULT = "CLIENT_FAULT"
    SUPPLY_FAULT = "SUPPLY_FAULT"
    SYSTEM_FAULT = "SYSTEM_FAULT"
    NO_FAULT = "NO_FAULT"


_SEARCHES: dict[SearchState, frozenset[SearchState]] = {
    SearchState.ACCEPTED: frozenset({SearchState.RUNNING, SearchState.CANCELLED}),
    SearchState.RUNNING: frozenset(
        # RUNNING again: the instance that had it is gone, its lease is over, another takes it.
        {
            SearchState.RUNNING,
            SearchState.FOUND,
            SearchState.EXHAUSTED,
            SearchState.CANCELLED,
        }
    ),
    SearchState.FOUND: frozenset(),
    # The next attempt is a search of its own, with its own id.
    SearchState.EXHAUSTED: frozenset(),
    SearchState.CANCELLED: frozenset(),
}
_POOL: dict[PoolState, frozenset[PoolState]] = {
    PoolState.ACTIVE: frozenset({PoolState.PAUSED, PoolState.REMOVED}),
    PoolState.BUSY: frozenset(),
    PoolState.PAUSED: frozenset({PoolState.ACTIVE, PoolState.REMOVED}),
    # Hired again.
    PoolState.REMOVED: frozenset({PoolState.ACTIVE}),
}

PENDING = frozenset({SearchState.ACCEPTED, SearchState.RUNNING})
"""Searches that may still be called off."""

ACTIVE = PENDING | {SearchState.FOUND}
"""An order has one of these at most."""


def advance(current: SearchState, target: SearchState) -> SearchState:
    """Return ``target``.

    Raises:
        IllegalTransition: ``target`` may not follow ``current``.
    """
    if target not in _SEARCHES[current]:
        raise IllegalTransition(f"A search that is {current} cannot become {target}.")
    return target


def move_in_pool(current: PoolState, target: PoolState) -> PoolState:
    """Return ``target``.

    Raises:
        IllegalTransition: ``target`` may not follow ``current``.
    """
    if target not in _POOL[current]:
        raise IllegalTransition(f"A worker who is {current} in the pool cannot become {target}.")
    return target
