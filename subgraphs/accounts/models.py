"""Accounts' tables. Secrets are kept as digests only: what leaks from here signs nobody in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Enum, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from messaging import tables as messaging_tables
from shared import idempotency
from shared.database import UtcDateTime, new_metadata
from shared.identity import Role

from .states import AccountState

EMAIL_LENGTH = 254
NAME_LENGTH = 200
DIGEST_LENGTH = 64


class Base(DeclarativeBase):
    """Declarative base of this domain."""

    metadata = new_metadata()


def _names(enum: type[AccountState] | type[Role]) -> Enum:
    # Kept as text: a native enum type would need a migration of its own for every new member.
    return Enum(enum, native_enum=False, length=32, create_constraint=False)


class Account(Base):
    """A person, or an integrator's machine."""

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_created_at", "created_at", "id"),
        Index("ix_accounts_state_created_at", "state", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    """As its owner writes it."""
    email_key: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    """As it is compared: see ``service.emails``."""
    display_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    locale: Mapped[str] = mapped_column(String(35))
    state: Mapped[AccountState] = mapped_column(_names(AccountState))
    state_reason: Mapped[str | None] = mapped_column(Text)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """When a lock after failed logins ends by itself; ``None`` for an administrator's lock."""
    password_hash: Mapped[str | None] = mapped_column(String(256))
    version: Mapped[int] = mapped_column(Integer)
    tokens_since: Mapped[int] = mapped_column(Integer)
    """Access tokens issued at an older version say something that is not true any more."""
    external_ref: Mapped[str | None] = mapped_column(String(128), index=True)
    employment_decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Of the newest hiring or dismissal applied, which may arrive in any order."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    held_roles: Mapped[list[AccountRole]] = relationship(
        lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def roles(self) -> tuple[Role, ...]:
        """The account's roles, in a fixed order."""
        return tuple(sorted(held.role for held in self.held_roles))

    def put_roles(self, roles: frozenset[Role]) -> None:
        """Make ``roles`` the account's roles, leaving rows that stay as they are."""
        kept = [held for held in self.held_roles if held.role in roles]
        present = {held.role for held in kept}
        self.held_roles = [*kept, *(AccountRole(role=role) for role in sorted(roles - present))]


class AccountRole(Base):
    """One role of one account."""

    __tablename__ = "account_roles"
    __table_args__ = (Index("ix_account_roles_role", "role", "account_id"),)

    account_id: Mapped[UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[Role] = mapped_column(_names(Role), primary_key=True)


class ClientSource(Base):
    """What an import has said last about a client, whichever of its events came first."""

    __tablename__ = "client_sources"

    account_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(128), index=True)
    source_version: Mapped[int] = mapped_column(Integer)
    withdrawn: Mapped[bool]


class LoginAttempts(Base):
    """Failed logins with one e-mail, whether or not anybody has it: that is not for strangers to find out."""

    __tablename__ = "login_attempts"

    email_digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    counted_since: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invite(Base):
    """A chance to set the first password. An account has one at a time."""

    __tablename__ = "invites"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PasswordReset(Base):
    """A wish to set a new password, and the token once somebody has issued it. An account has one at a time."""

    __tablename__ = "password_resets"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    token_digest: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginSession(Base):
    """One login on one device: the family of refresh tokens that follow from it."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    """The app that it was opened with."""
    scope: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RefreshToken(Base):
    """One refresh token: good for one use. A second use means that somebody has stolen it."""

    __tablename__ = "refresh_tokens"

    token_digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuthorizationCode(Base):
    """What an app exchanges for tokens after somebody has signed in on our page."""

    __tablename__ = "authorization_codes"

    code_digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    redirect_uri: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(400))
    nonce: Mapped[str | None] = mapped_column(Text)
    code_challenge: Mapped[str] = mapped_column(String(128))
    signed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    session_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The session it was exchanged for; a second exchange ends that session."""


class IntegratorKey(Base):
    """A machine's credentials, for the client-credentials grant."""

    __tablename__ = "integrator_keys"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    secret_digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    scope: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SigningKey(Base):
    """One key of the ring that tokens are signed with."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    public_jwk: Mapped[dict[str, str]] = mapped_column(JSON)
    private_jwk: Mapped[str] = mapped_column(Text)
    """JSON, or a JWE of it when a key secret is configured."""
    signs_from: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """It is published before it signs, so that those who verify have it in time."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


messaging_tables.attach(Base.metadata)
idempotency.attach(Base.metadata)
