"""Accounts, their roles, and what imports have said about clients."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shared.identity import Role
from shared.paging import Page, read_page
from subgraphs.accounts.models import Account, AccountRole, ClientSource
from subgraphs.accounts.states import AccountState


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSearch:
    """Which accounts to list; ``None`` leaves a condition out."""

    role: Role | None = None
    state: AccountState | None = None
    email_key_prefix: str | None = None
    external_ref: str | None = None
    created_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountRepository:
    """Reads and locks rows of one session. Every account comes with its roles."""

    session: AsyncSession

    async def lock(self, account_id: UUID) -> Account | None:
        """Return the account as it is now, and keep others from changing it until the transaction ends."""
        return await self._one(_accounts().where(Account.id == account_id).with_for_update())

    async def lock_by_email(self, email_key: str) -> Account | None:
        """Return the account with this e-mail and keep others from changing it."""
        return await self._one(_accounts().where(Account.email_key == email_key).with_for_update())

    async def find_by_email(self, email_key: str) -> Account | None:
        """Return the account with this e-mail."""
        return await self._one(_accounts().where(Account.email_key == email_key))

    async def find(self, account_ids: Collection[UUID]) -> dict[UUID, Account]:
        """Return the accounts that exist among ``account_ids``."""
        found = await self.session.scalars(_accounts().where(Account.id.in_(account_ids)))
        return {account.id: account for account in found}

    async def lock_admins(self) -> Sequence[Account]:
        """Return every account with the role ADMIN, locked in a fixed order."""
        found = await self.session.scalars(
            _accounts()
            .where(Account.id.in_(_holders(Role.ADMIN)))
            .order_by(Account.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.all()

    async def has_any(self, role: Role) -> bool:
        """Whether anybody has the role."""
        return await self.session.scalar(_holders(role).limit(1)) is not None

    async def find_lock_expired(self, *, now: datetime, limit: int) -> Sequence[UUID]:
        """Return accounts whose lock after failed logins is over."""
        found = await self.session.scalars(
            select(Account.id)
            .where(Account.locked_until <= now, Account.state == AccountState.LOCKED)
            .order_by(Account.locked_until)
            .limit(limit)
        )
        return found.all()

    async def page(self, search: AccountSearch, *, first: int, after: str | None) -> Page[Account]:
        """Return a page of accounts, newest first."""
        return await read_page(
            self.session,
            _matching(search),
            sort=Account.created_at,
            id_=Account.id,
            first=first,
            after=after,
        )

    async def lock_client_source(self, account_id: UUID) -> ClientSource | None:
        """Return what an import has said last about this client, locked."""
        found = await self.session.scalars(
            select(ClientSource).where(ClientSource.account_id == account_id).with_for_update()
        )
        return found.one_or_none()

    async def _one(self, statement: Select[Account]) -> Account | None:
        # What the session may have read before the lock was ours is read again.
        found = await self.session.scalars(statement.execution_options(populate_existing=True))
        return found.one_or_none()


def _accounts() -> Select[Account]:
    return select(Account).options(selectinload(Account.held_roles))


def _holders(role: Role) -> Select[UUID]:
    return select(AccountRole.account_id).where(AccountRole.role == role)


def _matching(search: AccountSearch) -> Select[Account]:
    wanted = _accounts()
    if search.role is not None:
        wanted = wanted.where(Account.id.in_(_holders(search.role)))
    if search.state is not None:
        wanted = wanted.where(Account.state == search.state)
    if search.email_key_prefix:
        wanted = wanted.where(
            Account.email_key.startswith(search.email_key_prefix, autoescape=True)
        )
    if search.external_ref is not None:
        wanted = wanted.where(Account.external_ref == search.external_ref)
    if search.created_after is not None:
        wanted = wanted.where(Account.created_at > search.created_after)
    return wanted
