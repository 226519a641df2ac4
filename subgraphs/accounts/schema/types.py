"""Accounts' object types. Who sees which field is ``access``'s word."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from shared.identifiers import parse_id
from shared.identity import Role
from shared.paging import Page
from subgraphs.accounts.access import require_private, require_sessions, require_signed_in
from subgraphs.accounts.loaders import Info
from subgraphs.accounts.models import Account, LoginSession
from subgraphs.accounts.service import TokenPair
from subgraphs.accounts.states import AccountState

strawberry.enum(Role)
strawberry.enum(AccountState)


@strawberry.type
class Session:
    """A login on one device."""

    id: strawberry.ID
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @classmethod
    def from_row(cls, row: LoginSession) -> Self:
        """Show a session."""
        return cls(
            id=strawberry.ID(str(row.id)),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


@strawberry.type
class AuthTokens:
    """What signs requests, and what obtains the next of it."""

    access_token: str
    refresh_token: str = strawberry.field(
        description="Good for one use. Using it twice ends the session."
    )
    access_expires_at: datetime

    @classmethod
    def from_pair(cls, pair: TokenPair) -> Self:
        """Show fresh tokens."""
        return cls(
            access_token=pair.access.text,
            refresh_token=pair.refresh_token,
            access_expires_at=pair.access.expires_at,
        )


@strawberry.federation.type(name="Account", keys=["id"])
class AccountType:
    """A person's account, or a machine's.

    Whoever is signed in sees id and name; the rest is for its owner and for staff.
    """

    row: strawberry.Private[Account]
    id: strawberry.ID
    display_name: str | None

    @classmethod
    def from_row(cls, row: Account) -> Self:
        """Show an account."""
        return cls(row=row, id=strawberry.ID(str(row.id)), display_name=row.display_name)

    @classmethod
    async def find(cls, info: Info, account_id: UUID) -> Self | None:
        """Show an account to whoever is signed in."""
        require_signed_in(info.context.principal)
        row = await info.context.account.load(account_id)
        return None if row is None else cls.from_row(row)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:  # noqa: A002
        """Find an account that another subgraph refers to."""
        return await cls.find(info, parse_id(id))

    @strawberry.field
    def email(self, info: Info) -> str | None:
        """The address to sign in with."""
        return self._private(info).email

    @strawberry.field
    def roles(self, info: Info) -> list[Role] | None:
        """What the person may be to the marketplace."""
        return list(self._private(info).roles)

    @strawberry.field
    def state(self, info: Info) -> AccountState | None:
        """Whether the person may sign in."""
        return self._private(info).state

    @strawberry.field
    def locale(self, info: Info) -> str | None:
        """The language to write to the person in."""
        return self._private(info).locale

    @strawberry.field
    def external_ref(self, info: Info) -> str | None:
        """The person's identifier in the system they were imported from."""
        return self._private(info).external_ref

    @strawberry.field
    def version(self, info: Info) -> int | None:
        """Counts changes; edits name the version they are made to."""
        return self._private(info).version

    @strawberry.field
    def created_at(self, info: Info) -> datetime | None:
        """Since when there is the account."""
        return self._private(info).created_at

    @strawberry.field
    def last_login_at(self, info: Info) -> datetime | None:
        """When the person last gave their password."""
        return self._private(info).last_login_at

    @strawberry.field
    async def sessions(self, info: Info) -> list[Session] | None:
        """Where the person is or was signed in, newest first; for themselves and administrators."""
        require_sessions(info.context.principal, account_id=self.row.id)
        return [Session.from_row(row) for row in await info.context.sessions.load(self.row.id)]

    def _private(self, info: Info) -> Account:
        require_private(info.context.principal, account_id=self.row.id)
        return self.row


@strawberry.type
class AccountPage:
    """A page of accounts, newest first."""

    nodes: list[AccountType]
    end_cursor: str | None
    has_next_page: bool
    total_count: int

    @classmethod
    def from_page(cls, page: Page[Account]) -> Self:
        """Show a page."""
        return cls(
            nodes=[AccountType.from_row(row) for row in page.rows],
            end_cursor=page.end_cursor,
            has_next_page=page.has_next,
            total_count=page.total,
        )


@strawberry.federation.type(name="Client", keys=["id"])
class ClientType:
    """A client, whose account has the same id."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self:  # noqa: A002
        """Stand for a client that another subgraph refers to."""
        require_signed_in(info.context.principal)
        return cls(id=id)

    @strawberry.field
    async def account(self, info: Info) -> AccountType | None:
        """The client's account."""
        return await AccountType.find(info, parse_id(self.id))


@strawberry.federation.type(name="Worker", keys=["id"])
class WorkerType:
    """A worker, whose account has the same id."""

    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self:  # noqa: A002
        """Stand for a worker that another subgraph refers to."""
        require_signed_in(info.context.principal)
        return cls(id=id)

    @strawberry.field
    async def account(self, info: Info) -> AccountType | None:
        """The worker's account."""
        return await AccountType.find(info, parse_id(self.id))
