"""An account's life: the one place that says which state may follow which. Pure; no I/O."""

from __future__ import annotations

from enum import StrEnum

from .errors import IllegalTransition


class AccountState(StrEnum):
    """Whether somebody may sign in."""

    INVITED = "INVITED"
    """Known, without a password yet."""
    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    """After too many failed logins, until a time; or by an administrator, until they say otherwise."""
    DISABLED = "DISABLED"
    """By an administrator, or because the client has left."""


_ALLOWED: dict[AccountState, frozenset[AccountState]] = {
    AccountState.INVITED: frozenset({AccountState.ACTIVE, AccountState.DISABLED}),
    AccountState.ACTIVE: frozenset({AccountState.LOCKED, AccountState.DISABLED}),
    AccountState.LOCKED: frozenset({AccountState.ACTIVE, AccountState.DISABLED}),
    # Whoever comes back starts over with a new invite; the old password does not come back to life.
    AccountState.DISABLED: frozenset({AccountState.INVITED}),
}


def advance(current: AccountState, target: AccountState) -> AccountState:
    """Return ``target``.

    Raises:
        IllegalTransition: ``target`` may not follow ``current``.
    """
    if target not in _ALLOWED[current]:
        raise IllegalTransition(f"An account that is {current} cannot become {target}.")
    return target
