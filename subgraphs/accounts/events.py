"""What accounts tells the others. Never a password, a token or a hash of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from messaging.events import Event
from shared.identity import Role

from .states import AccountState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreated(Event):
    """Somebody has an account now."""

    SUBJECT: ClassVar[str] = "accounts.account.created.v1"
    AGGREGATE: ClassVar[str] = "account_id"

    account_id: UUID
    roles: tuple[Role, ...]
    email: str
    locale: str
    display_name: str
    external_ref: str | None
    """The person's identifier in the system they were imported from."""
    cause_event_id: str | None
    """The event that made us create it; absent when a person did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged(Event):
    """Roles, state, e-mail, name or locale are not what they were."""

    SUBJECT: ClassVar[str] = "accounts.account.changed.v1"
    AGGREGATE: ClassVar[str] = "account_id"

    account_id: UUID
    version: int
    roles: tuple[Role, ...]
    state: AccountState
    email: str
    locale: str
