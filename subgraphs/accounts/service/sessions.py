"""Login sessions: opened by a login, carried on by refresh tokens that are good for one use each, ended for good.

A refresh token that comes a second time has been stolen, from its owner or by its owner's thief: the whole session
ends. That end must be committed although the caller is refused, so ``rotate`` returns ``None`` instead of raising.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.identifiers import new_id
from shared.logging import get_logger
from subgraphs.accounts.access_tokens import AccessTokens, SignedToken
from subgraphs.accounts.models import Account, LoginSession, RefreshToken
from subgraphs.accounts.opaque_tokens import digest, new_token
from subgraphs.accounts.repository import AccountRepository, SessionRepository
from subgraphs.accounts.states import AccountState

GRAPHQL_CLIENT = "graphql"
"""The app of sessions that the ``login`` mutation opens."""
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client gets for a login or a refresh."""

    access: SignedToken
    refresh_token: str
    session_id: UUID
    scope: str


@dataclass(frozen=True, slots=True)
class SessionService:
    """Opens, carries on and ends sessions."""

    session: AsyncSession
    clock: Clock
    tokens: AccessTokens
    lifetime: timedelta

    async def open(
        self, account: Account, *, client_id: str = GRAPHQL_CLIENT, scope: str = ""
    ) -> TokenPair:
        """Open a session for somebody who has just proved who they are."""
        now = self.clock.now()
        opened = LoginSession(
            id=new_id(),
            account_id=account.id,
            client_id=client_id,
            scope=scope,
            created_at=now,
            expires_at=now + self.lifetime,
        )
        self.session.add(opened)
        await self.session.flush()
        return self._issue(account, opened)

    async def find_refreshable(self, refresh_token: str) -> LoginSession | None:
        """Return the session that the token may carry on; ends the session of a token that was used before.

        Token and session are locked until the transaction ends.
        """
        repository, now = SessionRepository(self.session), self.clock.now()
        token = await repository.lock_refresh_token(digest(refresh_token))
        if token is None:
            return None
        found = await repository.lock_session(token.session_id)
        if found is None or found.revoked_at is not None or found.expires_at <= now:
            return None
        if token.used_at is not None:
            found.revoked_at = now
            _log.warning("refresh token used twice: session ended", session_id=str(found.id))
            return None
        return found

    async def rotate(self, refresh_token: str, *, client_id: str) -> TokenPair | None:
        """Exchange a refresh token for new tokens, which carry the account's roles as they are now.

        Returns ``None`` when the token is unknown, used, another app's or too old, or its account may not sign in.
        """
        found = await self.find_refreshable(refresh_token)
        if found is None or found.client_id != client_id:
            return None
        account = await self.find_owner(found)
        if account is None:
            return None
        return await self.carry_on(found, account, used=refresh_token)

    async def find_owner(self, found: LoginSession) -> Account | None:
        """Return a session's account, if it may be signed in. A lock after failed logins does not throw anybody out."""
        accounts = await AccountRepository(self.session).find([found.account_id])
        account = accounts.get(found.account_id)
        return account if account is not None and _may_stay(account) else None

    async def carry_on(
        self, found: LoginSession, account: Account, *, used: str, scope: str | None = None
    ) -> TokenPair:
        """Issue the session's next tokens for the refresh token ``used``, both locked by ``find_refreshable``.

        ``scope`` narrows this access token down; the session keeps what it was opened with.
        """
        token = await SessionRepository(self.session).lock_refresh_token(digest(used))
        if token is not None:
            token.used_at = self.clock.now()
        return self._issue(account, found, scope=scope)

    async def revoke(self, session_id: UUID) -> None:
        """End a session."""
        await SessionRepository(self.session).revoke_session(session_id, now=self.clock.now())

    async def revoke_all(self, account_id: UUID) -> None:
        """End every session of an account."""
        await SessionRepository(self.session).revoke_sessions_of(account_id, now=self.clock.now())

    def _issue(
        self, account: Account, found: LoginSession, *, scope: str | None = None
    ) -> TokenPair:
        refresh_token, granted = new_token(), found.scope if scope is None else scope
        self.session.add(
            RefreshToken(
                token_digest=digest(refresh_token),
                session_id=found.id,
                issued_at=self.clock.now(),
            )
        )
        access = self.tokens.for_person(
            account, session_id=found.id, client_id=found.client_id, scope=granted
        )
        return TokenPair(
            access=access, refresh_token=refresh_token, session_id=found.id, scope=granted
        )


def _may_stay(account: Account) -> bool:
    # An administrator's lock has no end, and ends sessions; one that was opened at that very moment ends here.
    return account.state is AccountState.ACTIVE or (
        account.state is AccountState.LOCKED and account.locked_until is not None
    )


def is_alive(found: LoginSession, *, now: datetime) -> bool:
    """Whether a session has neither been ended nor run out."""
    return found.revoked_at is None and found.expires_at > now
