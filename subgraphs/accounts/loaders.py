"""What one request carries: its DataLoaders, so that a page of accounts costs one statement per kind of thing.

Every batch reads in a session of its own, since resolvers run side by side and a session serves one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from shared.database import Database
from shared.request_context import RequestContext

from .flows import SignInFlow
from .models import Account, LoginSession
from .repository import AccountRepository, SessionRepository
from .settings import AccountsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsContext(RequestContext):
    """The context of a request to accounts."""

    account: DataLoader[UUID, Account | None]
    sessions: DataLoader[UUID, list[LoginSession]]
    sign_in: SignInFlow
    settings: AccountsSettings


Info: TypeAlias = strawberry.Info[AccountsContext, None]


@dataclass(frozen=True, slots=True)
class Batches:
    """The batch functions behind the loaders."""

    database: Database

    async def accounts(self, ids: Sequence[UUID]) -> Sequence[Account | None]:
        """Load accounts with their roles."""
        async with self.database.reading() as session:
            found = await AccountRepository(session).find(ids)
        return [found.get(account_id) for account_id in ids]

    async def sessions(self, ids: Sequence[UUID]) -> Sequence[list[LoginSession]]:
        """Load accounts' login sessions."""
        async with self.database.reading() as session:
            found = await SessionRepository(session).find_sessions_of(ids)
        return [found[account_id] for account_id in ids]
