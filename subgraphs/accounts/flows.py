"""Signing in, accepting invites, resetting passwords: what needs a password hashed between two looks at the database.

No transaction is open while a hash is computed. What was read before it is checked again after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.errors import RateLimited

from .access_tokens import AccessTokens
from .errors import AccountNotUsable, InvalidCredentials, TokenInvalid
from .models import Account
from .passwords import Passwords, check_acceptable
from .repository import AccountRepository
from .service import CredentialService, LoginVerdict, SessionService, TokenPair
from .service.emails import email_key
from .service.sessions import GRAPHQL_CLIENT

Result = TypeVar("Result")
Admitted = Callable[[AsyncSession, Account], Awaitable[Result]]
"""What happens to somebody who is let in, in the same transaction."""


@dataclass(frozen=True, slots=True)
class SignInFlow:
    """Everything that begins with a password."""

    database: Database
    clock: Clock
    passwords: Passwords
    tokens: AccessTokens
    session_lifetime: timedelta

    def sessions(self, session: AsyncSession) -> SessionService:
        """Return the commands of login sessions in one transaction."""
        return SessionService(session, self.clock, self.tokens, self.session_lifetime)

    async def log_in(self, email: str, password: str) -> TokenPair:
        """Open a session for whoever knows the password.

        Raises:
            InvalidCredentials: no such account, or another password.
            AccountNotUsable: the password is right, but the account is locked or disabled.
            RateLimited: too many logins failed with this e-mail, or too many are under way.
        """
        return await self.authenticate(email, password, self._open)

    async def authenticate(self, email: str, password: str, admitted: Admitted[Result]) -> Result:
        """Check a password and do what follows; refusals are counted. Raises like ``log_in``."""
        async with self.database.reading() as session:
            block = await CredentialService(session, self.clock).find_block(email)
            if block is not None:
                raise RateLimited(
                    "Too many logins have failed. Try again later.", retry_after=block
                )
            account = await AccountRepository(session).find_by_email(email_key(email))
            stored = None if account is None else account.password_hash
        is_right = await self.passwords.is_right(password, stored)
        outdated = is_right and stored is not None and self.passwords.is_outdated(stored)
        new_hash = await self.passwords.hash(password) if outdated else None
        async with self.database.transaction() as session:
            verdict, account = await CredentialService(session, self.clock).judge_login(
                email, matched=stored if is_right else None, new_hash=new_hash
            )
            if account is not None:
                return await admitted(session, account)
        # Raised only now: a failure that is not committed would not be counted.
        if verdict is LoginVerdict.NOT_USABLE:
            raise AccountNotUsable("This account is locked or disabled. Ask an administrator.")
        raise InvalidCredentials("The e-mail or the password is not right.")

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a refresh token of a ``login`` session.

        Raises:
            TokenInvalid: it is unknown, used or too old, or its account may not sign in any more.
        """
        async with self.database.transaction() as session:
            pair = await self.sessions(session).rotate(refresh_token, client_id=GRAPHQL_CLIENT)
        # Raised only now: the end of a session whose token was stolen must be committed.
        if pair is None:
            raise TokenInvalid("This refresh token is not valid any more. Sign in again.")
        return pair

    async def accept_invite(self, token: str, password: str) -> TokenPair:
        """Set the first password and open a session.

        Raises:
            TokenInvalid: the token invites nobody, or not any more.
            PasswordUnacceptable: the password is too easy.
        """
        async with self.database.reading() as session:
            invited = await CredentialService(session, self.clock).find_invited(token)
        check_acceptable(password, email=invited.email)
        hashed = await self.passwords.hash(password)
        async with self.database.transaction() as session:
            account = await CredentialService(session, self.clock).accept_invite(
                token, password_hash=hashed
            )
            return await self._open(session, account)

    async def reset_password(self, token: str, password: str) -> TokenPair:
        """Set a new password, end all sessions and open a new one.

        Raises:
            TokenInvalid: the token resets nobody's password, or not any more.
            PasswordUnacceptable: the password is too easy.
        """
        async with self.database.reading() as session:
            resetting = await CredentialService(session, self.clock).find_resetting(token)
        check_acceptable(password, email=resetting.email)
        hashed = await self.passwords.hash(password)
        async with self.database.transaction() as session:
            account = await CredentialService(session, self.clock).reset_password(
                token, password_hash=hashed
            )
            return await self._open(session, account)

    async def _open(self, session: AsyncSession, account: Account) -> TokenPair:
        return await self.sessions(session).open(account)
