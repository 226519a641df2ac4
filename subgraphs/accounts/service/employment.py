"""Candidates and workers, as hiring decides. A worker's account is the candidate's, with another role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.identity import Role
from subgraphs.accounts.repository import AccountRepository

from .accounts import AccountService, NewAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Whom hiring invites to its tests."""

    account_id: UUID
    email: str
    display_name: str
    locale: str


@dataclass(frozen=True, slots=True)
class EmploymentService:
    """Gives and takes the roles CANDIDATE and WORKER."""

    session: AsyncSession
    clock: Clock

    async def invite(self, candidate: Candidate) -> None:
        """Create a candidate's account. One that exists becomes a candidate's again, unless a worker's it is.

        Raises:
            EmailTaken: somebody else's account has the e-mail.
            EmailInvalid: that is no e-mail address.
            ValidationFailed: there is no name.
        """
        accounts = AccountService(self.session, self.clock)
        account = await AccountRepository(self.session).lock(candidate.account_id)
        if account is None:
            await accounts.create(
                NewAccount(
                    account_id=candidate.account_id,
                    email=candidate.email,
                    display_name=candidate.display_name,
                    roles=frozenset({Role.CANDIDATE}),
                    locale=candidate.locale,
                )
            )
        elif Role.WORKER not in account.roles:
            accounts.change_roles(account, frozenset(account.roles) | {Role.CANDIDATE})

    async def hire(self, account_id: UUID, *, at: datetime) -> None:
        """Make a candidate a worker, unless something later has been decided.

        Raises:
            AccountNotFound: no such account, or not yet.
        """
        await self._decide(account_id, gives=Role.WORKER, takes=Role.CANDIDATE, at=at)

    async def dismiss(self, account_id: UUID, *, at: datetime) -> None:
        """Take the role of a worker away, unless something later has been decided. The account stays.

        Raises:
            AccountNotFound: no such account, or not yet.
        """
        await self._decide(account_id, gives=None, takes=Role.WORKER, at=at)

    async def _decide(
        self, account_id: UUID, *, gives: Role | None, takes: Role, at: datetime
    ) -> None:
        accounts = AccountService(self.session, self.clock)
        account = await accounts.lock(account_id)
        if account.employment_decided_at is not None and at <= account.employment_decided_at:
            return
        account.employment_decided_at = at
        given = frozenset() if gives is None else frozenset({gives})
        accounts.change_roles(account, (frozenset(account.roles) - {takes}) | given)
