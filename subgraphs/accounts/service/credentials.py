"""Passwords and how people come to have one: logins counted, invites, resets.

Hashing takes long and happens outside of transactions (``flows``); here its result is applied. Where a refusal must
leave a trace, it is returned as a verdict, and raised by the caller after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from subgraphs.accounts.errors import IllegalTransition, TokenInvalid
from subgraphs.accounts.models import Account, Invite, PasswordReset
from subgraphs.accounts.opaque_tokens import digest, new_token
from subgraphs.accounts.repository import (
    AccountRepository,
    CredentialRepository,
    SessionRepository,
)
from subgraphs.accounts.states import AccountState, advance

from .accounts import AccountService
from .emails import email_key

MAX_FAILURES = 10
LOCKED_FOR = timedelta(minutes=15)
RESET_LIFETIME = timedelta(hours=24)


class LoginVerdict(StrEnum):
    """How a login ended."""

    ADMITTED = "admitted"
    WRONG = "wrong"
    """No such account, no password yet, or another password: nobody is told which."""
    NOT_USABLE = "not usable"
    """The right password for an account that is locked or disabled."""


@dataclass(frozen=True, slots=True)
class CredentialService:
    """Applies what people prove and choose."""

    session: AsyncSession
    clock: Clock

    # -- logins

    async def find_block(self, email: str) -> timedelta | None:
        """Return how long nobody may try this e-mail any more, if so."""
        attempts = await CredentialRepository(self.session).find_attempts(digest(email_key(email)))
        if attempts is None or attempts.blocked_until is None:
            return None
        left = attempts.blocked_until - self.clock.now()
        return left if left > timedelta() else None

    async def judge_login(
        self, email: str, *, matched: str | None, new_hash: str | None
    ) -> tuple[LoginVerdict, Account | None]:
        """Count a login whose password was compared, and return the account when it is admitted.

        Args:
            email: as it was typed.
            matched: the stored hash that the password was right for; ``None`` when it was wrong.
            new_hash: the password's hash at the present cost, when the stored one is outdated.
        """
        key = email_key(email)
        account = await AccountRepository(self.session).lock_by_email(key)
        # A password that was changed while the old one was compared is not matched any more.
        if account is None or matched is None or account.password_hash != matched:
            await self._count_failure(key, account)
            return LoginVerdict.WRONG, None
        now = self.clock.now()
        accounts = AccountService(self.session, self.clock)
        if account.locked_until is not None and account.locked_until <= now:
            accounts.unlock(account)
        if account.state is not AccountState.ACTIVE:
            return LoginVerdict.NOT_USABLE, None
        await CredentialRepository(self.session).forget_attempts(digest(key))
        account.last_login_at = now
        account.password_hash = new_hash or matched
        return LoginVerdict.ADMITTED, account

    async def _count_failure(self, key: str, account: Account | None) -> None:
        now = self.clock.now()
        attempts = await CredentialRepository(self.session).lock_attempts(digest(key), now=now)
        if now - attempts.counted_since > LOCKED_FOR:
            attempts.failures, attempts.counted_since = 0, now
        attempts.failures += 1
        if attempts.failures < MAX_FAILURES:
            return
        attempts.failures, attempts.counted_since = 0, now
        attempts.blocked_until = now + LOCKED_FOR
        if account is not None and account.state is AccountState.ACTIVE and account.password_hash:
            AccountService(self.session, self.clock).lock_after_failures(
                account, until=attempts.blocked_until
            )

    # -- invites

    async def issue_invite(self, account_id: UUID, *, lifetime: timedelta) -> str:
        """Return a new invite token for an account without a password; an earlier one is void.

        Raises:
            AccountNotFound: no such account.
            IllegalTransition: it is not waiting for an invite.
        """
        account = await AccountService(self.session, self.clock).lock(account_id)
        if account.state is not AccountState.INVITED:
            raise IllegalTransition(f"An account that is {account.state} needs no invite.")
        repository = CredentialRepository(self.session)
        await repository.delete_invite(account.id)
        token, now = new_token(), self.clock.now()
        self.session.add(
            Invite(
                account_id=account.id,
                token_digest=digest(token),
                created_at=now,
                expires_at=now + lifetime,
            )
        )
        return token

    async def find_invited(self, token: str) -> Account:
        """Return whom a token invites.

        Raises:
            TokenInvalid: nobody, or not any more.
        """
        invite = await CredentialRepository(self.session).find_invite(digest(token))
        if invite is None or invite.expires_at <= self.clock.now():
            raise TokenInvalid("This invite is not valid any more. Ask for a new one.")
        account = await AccountService(self.session, self.clock).lock(invite.account_id)
        if account.state is not AccountState.INVITED:
            raise TokenInvalid("This invite is not valid any more. Ask for a new one.")
        return account

    async def accept_invite(self, token: str, *, password_hash: str) -> Account:
        """Set the first password, which makes the account active, and use the invite up.

        Raises:
            TokenInvalid: the token invites nobody, or not any more.
        """
        account = await self.find_invited(token)
        account.state = advance(account.state, AccountState.ACTIVE)
        await CredentialRepository(self.session).delete_invite(account.id)
        await self._put_password(account, password_hash)
        AccountService(self.session, self.clock).record_change(account)
        return account

    # -- resets

    async def request_reset(self, email: str) -> None:
        """Note that somebody wants a new password. Says nothing about whether there is such an account."""
        account = await AccountRepository(self.session).lock_by_email(email_key(email))
        if account is None or not _has_password(account):
            return
        if await CredentialRepository(self.session).find_reset(account.id) is None:
            self.session.add(PasswordReset(account_id=account.id, requested_at=self.clock.now()))

    async def issue_reset(self, account_id: UUID) -> str:
        """Return a token that sets a new password; an earlier one is void.

        Raises:
            AccountNotFound: no such account.
            IllegalTransition: it has no password to replace.
        """
        account = await AccountService(self.session, self.clock).lock(account_id)
        if not _has_password(account):
            raise IllegalTransition(f"An account that is {account.state} has no password to reset.")
        reset = await CredentialRepository(self.session).find_reset(account.id)
        if reset is None:
            reset = PasswordReset(account_id=account.id, requested_at=self.clock.now())
            self.session.add(reset)
        token = new_token()
        reset.token_digest = digest(token)
        reset.expires_at = self.clock.now() + RESET_LIFETIME
        return token

    async def find_resetting(self, token: str) -> Account:
        """Return whose password a token resets.

        Raises:
            TokenInvalid: nobody's, or not any more.
        """
        reset = await CredentialRepository(self.session).find_reset_by_token(digest(token))
        if reset is None or reset.expires_at is None or reset.expires_at <= self.clock.now():
            raise TokenInvalid("This reset is not valid any more. Ask for a new one.")
        account = await AccountService(self.session, self.clock).lock(reset.account_id)
        if not _has_password(account):
            raise TokenInvalid("This reset is not valid any more. Ask for a new one.")
        return account

    async def reset_password(self, token: str, *, password_hash: str) -> Account:
        """Set a new password, end every session, undo a lock after failed logins, and use the token up.

        Raises:
            TokenInvalid: the token resets nobody's password, or not any more.
        """
        account = await self.find_resetting(token)
        if account.locked_until is not None:
            AccountService(self.session, self.clock).unlock(account)
        await CredentialRepository(self.session).delete_reset(account.id)
        await SessionRepository(self.session).revoke_sessions_of(account.id, now=self.clock.now())
        await self._put_password(account, password_hash)
        return account

    async def _put_password(self, account: Account, password_hash: str) -> None:
        account.password_hash = password_hash
        account.last_login_at = self.clock.now()
        await CredentialRepository(self.session).forget_attempts(digest(account.email_key))


def _has_password(account: Account) -> bool:
    """An administrator's lock is not undone by a new password."""
    return account.state is AccountState.ACTIVE or (
        account.state is AccountState.LOCKED and account.locked_until is not None
    )
