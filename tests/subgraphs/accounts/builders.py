"""Accounts in a given state, made through the commands themselves; and what was recorded about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from messaging.tables import OutboxMessage
from shared.clock import Clock
from shared.identity import Role
from subgraphs.accounts.models import Account
from subgraphs.accounts.service import AccountService, NewAccount
from subgraphs.accounts.states import AccountState

PASSWORD = "correct horse battery"
HASH = "no password fits this"
"""For accounts that nobody signs in to."""


def a_new_account(
    *roles: Role, email: str | None = None, account_id: UUID | None = None
) -> NewAccount:
    return NewAccount(
        account_id=account_id or uuid4(),
        email=email or f"{uuid4().hex}@example.test",
        display_name="Tom Cat",
        roles=frozenset(roles or {Role.MANAGER}),
    )


async def an_account(
    session: AsyncSession,
    clock: Clock,
    *roles: Role,
    state: AccountState = AccountState.ACTIVE,
    email: str | None = None,
    account_id: UUID | None = None,
    password_hash: str = HASH,
) -> Account:
    """Return an account that has come to ``state`` on the shortest way."""
    service = AccountService(session, clock)
    new = a_new_account(*roles, email=email, account_id=account_id)
    if state is AccountState.INVITED:
        return await service.create(new)
    account = await service.create_active(new, password_hash=password_hash)
    if state is not AccountState.ACTIVE:
        await service.set_state(account.id, state, reason="a test")
    assert account.state is state
    return account


async def recorded(session: AsyncSession, account_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Return subject and data of the events recorded about an account, in order."""
    await session.flush()
    found = await session.execute(
        select(OutboxMessage.subject, OutboxMessage.data)
        .where(OutboxMessage.aggregate_id == str(account_id))
        .order_by(OutboxMessage.position)
    )
    return [(subject, data) for subject, data in found]


async def recorded_subjects(session: AsyncSession, account_id: UUID) -> list[str]:
    return [subject for subject, _ in await recorded(session, account_id)]
