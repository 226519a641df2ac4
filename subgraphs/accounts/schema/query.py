"""What may be read of accounts, by role."""

from __future__ import annotations

from datetime import datetime

import strawberry

from shared.authorization import roles, signed_in
from shared.identifiers import parse_id
from shared.identity import Role
from subgraphs.accounts.loaders import Info
from subgraphs.accounts.repository import AccountRepository, AccountSearch
from subgraphs.accounts.service.emails import email_key
from subgraphs.accounts.states import AccountState

from .types import AccountPage, AccountType


@strawberry.input
class AccountFilter:
    """Which accounts to list; what is left out does not matter."""

    role: Role | None = None
    state: AccountState | None = None
    email_prefix: str | None = None
    external_ref: str | None = None
    created_after: datetime | None = None

    def to_search(self) -> AccountSearch:
        """Return the filter as the repository takes it."""
        return AccountSearch(
            role=self.role,
            state=self.state,
            email_key_prefix=None if self.email_prefix is None else email_key(self.email_prefix),
            external_ref=self.external_ref,
            created_after=self.created_after,
        )


@strawberry.type
class Query:
    """Root of what may be read."""

    @strawberry.field(extensions=[signed_in()])
    async def me(self, info: Info) -> AccountType | None:
        """The caller's own account."""
        return await AccountType.find(info, info.context.principal.account_id)

    @strawberry.field(extensions=[roles(Role.MANAGER, Role.ADMIN)])
    async def account(self, info: Info, id: strawberry.ID) -> AccountType | None:  # noqa: A002
        """One account."""
        return await AccountType.find(info, parse_id(id))

    @strawberry.field(extensions=[roles(Role.MANAGER, Role.ADMIN)])
    async def accounts(
        self,
        info: Info,
        filter: AccountFilter | None = None,  # noqa: A002
        first: int = 50,
        after: str | None = None,
    ) -> AccountPage | None:
        """Accounts, newest first."""
        search = AccountSearch() if filter is None else filter.to_search()
        async with info.context.reading() as session:
            return AccountPage.from_page(
                await AccountRepository(session).page(search, first=first, after=after)
            )
