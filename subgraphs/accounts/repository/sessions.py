"""Login sessions, their refresh tokens, and authorization codes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from subgraphs.accounts.models import AuthorizationCode, LoginSession, RefreshToken


@dataclass(frozen=True, slots=True)
class SessionRepository:
    """Reads and locks rows of one session of the database."""

    session: AsyncSession

    async def find_session(self, session_id: UUID) -> LoginSession | None:
        """Return a login session."""
        return await self.session.get(LoginSession, session_id)

    async def lock_session(self, session_id: UUID) -> LoginSession | None:
        """Return a login session as it is now, and keep others from using it."""
        found = await self.session.scalars(
            select(LoginSession)
            .where(LoginSession.id == session_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.one_or_none()

    async def lock_refresh_token(self, token_digest: str) -> RefreshToken | None:
        """Return a refresh token as it is now; of two who use it at once, the second sees it used."""
        found = await self.session.scalars(
            select(RefreshToken)
            .where(RefreshToken.token_digest == token_digest)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.one_or_none()

    async def lock_code(self, code_digest: str) -> AuthorizationCode | None:
        """Return an authorization code; of two who exchange it at once, the second sees it exchanged."""
        found = await self.session.scalars(
            select(AuthorizationCode)
            .where(AuthorizationCode.code_digest == code_digest)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.one_or_none()

    async def revoke_session(self, session_id: UUID, *, now: datetime) -> None:
        """End one session."""
        await self.session.execute(
            update(LoginSession)
            .where(LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def revoke_sessions_of(self, account_id: UUID, *, now: datetime) -> None:
        """End every session of an account."""
        await self.session.execute(
            update(LoginSession)
            .where(LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def find_sessions_of(
        self, account_ids: Collection[UUID]
    ) -> dict[UUID, list[LoginSession]]:
        """Return the sessions of each account, newest first."""
        found = await self.session.scalars(
            select(LoginSession)
            .where(LoginSession.account_id.in_(account_ids))
            .order_by(LoginSession.created_at.desc(), LoginSession.id)
        )
        sessions: dict[UUID, list[LoginSession]] = {account_id: [] for account_id in account_ids}
        for session in found:
            sessions[session.account_id].append(session)
        return sessions

    async def prune(self, *, ended_before: datetime) -> None:
        """Delete sessions that ended before that, with their refresh tokens, and codes that have expired."""
        await self.session.execute(
            delete(LoginSession).where(
                (LoginSession.expires_at < ended_before) | (LoginSession.revoked_at < ended_before)
            )
        )
        await self.session.execute(
            delete(AuthorizationCode).where(AuthorizationCode.expires_at < ended_before)
        )
