"""Login attempts, invites, password resets and integrators' keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from subgraphs.accounts.models import (
    Account,
    IntegratorKey,
    Invite,
    LoginAttempts,
    PasswordReset,
)


@dataclass(frozen=True, slots=True)
class CredentialRepository:
    """Reads and locks rows of one session."""

    session: AsyncSession

    # -- login attempts

    async def find_attempts(self, email_digest: str) -> LoginAttempts | None:
        """Return the failed logins with one e-mail."""
        return await self.session.get(LoginAttempts, email_digest)

    async def lock_attempts(self, email_digest: str, *, now: datetime) -> LoginAttempts:
        """Return the failed logins with one e-mail, none yet if it is new, and keep others from counting meanwhile."""
        postgresql = self.session.get_bind().dialect.name == "postgresql"
        insert = postgresql_insert if postgresql else sqlite_insert
        await self.session.execute(
            insert(LoginAttempts)
            .values(email_digest=email_digest, failures=0, counted_since=now)
            .on_conflict_do_nothing()
        )
        found = await self.session.scalars(
            select(LoginAttempts)
            .where(LoginAttempts.email_digest == email_digest)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.one()

    async def forget_attempts(self, email_digest: str) -> None:
        """Start counting anew."""
        await self.session.execute(
            delete(LoginAttempts).where(LoginAttempts.email_digest == email_digest)
        )

    async def prune_attempts(self, *, counted_before: datetime, now: datetime) -> None:
        """Drop counts that mean nothing any more."""
        await self.session.execute(
            delete(LoginAttempts).where(
                LoginAttempts.counted_since < counted_before,
                or_(LoginAttempts.blocked_until.is_(None), LoginAttempts.blocked_until < now),
            )
        )

    # -- invites and resets

    async def find_invite(self, token_digest: str) -> Invite | None:
        """Return the invite with this token."""
        found = await self.session.scalars(
            select(Invite).where(Invite.token_digest == token_digest)
        )
        return found.one_or_none()

    async def delete_invite(self, account_id: UUID) -> None:
        """Take an account's invite away, if it has one."""
        await self.session.execute(delete(Invite).where(Invite.account_id == account_id))

    async def find_reset(self, account_id: UUID) -> PasswordReset | None:
        """Return an account's wish for a new password."""
        return await self.session.get(PasswordReset, account_id)

    async def find_reset_by_token(self, token_digest: str) -> PasswordReset | None:
        """Return the reset with this token."""
        found = await self.session.scalars(
            select(PasswordReset).where(PasswordReset.token_digest == token_digest)
        )
        return found.one_or_none()

    async def delete_reset(self, account_id: UUID) -> None:
        """Take an account's reset away, if it has one."""
        await self.session.execute(
            delete(PasswordReset).where(PasswordReset.account_id == account_id)
        )

    async def list_open_resets(self) -> Sequence[tuple[Account, datetime]]:
        """Return who has asked for a new password and got no token yet, oldest first."""
        found = await self.session.execute(
            select(Account, PasswordReset.requested_at)
            .join(PasswordReset, PasswordReset.account_id == Account.id)
            .where(PasswordReset.token_digest.is_(None))
            .order_by(PasswordReset.requested_at)
        )
        return [(account, requested_at) for account, requested_at in found]

    async def prune_resets(self, *, requested_before: datetime) -> None:
        """Drop wishes that nobody has fulfilled or used in time."""
        await self.session.execute(
            delete(PasswordReset).where(PasswordReset.requested_at < requested_before)
        )

    # -- integrators' keys

    async def find_key(self, client_id: str) -> IntegratorKey | None:
        """Return an integrator's key."""
        return await self.session.get(IntegratorKey, client_id)
