"""Integrators' keys: a machine's credentials for the client-credentials grant, scoped and limited in time."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.errors import ValidationFailed
from shared.identity import Role
from subgraphs.accounts.errors import (
    AccountNotUsable,
    KeyNotFound,
    RolesInvalid,
    ScopesInvalid,
)
from subgraphs.accounts.models import Account, IntegratorKey
from subgraphs.accounts.opaque_tokens import digest, new_token
from subgraphs.accounts.repository import AccountRepository, CredentialRepository
from subgraphs.accounts.states import AccountState

from .accounts import AccountService

CLIENT_PREFIX = "key-"
MAX_TTL_DAYS = 366
MAX_SCOPES = 20
# The colon keeps apart what a machine may be granted from our own words, of which ``service`` would be the key to all.
_SCOPE = re.compile(r"[a-z][a-z-]{0,30}:[a-z][a-z-]{0,30}")
_USABLE = (AccountState.INVITED, AccountState.ACTIVE)
"""A machine never accepts its invite."""


@dataclass(frozen=True, slots=True)
class IntegratorService:
    """Issues and revokes keys."""

    session: AsyncSession
    clock: Clock

    async def issue(self, account_id: UUID, *, scopes: Sequence[str], ttl_days: int) -> str:
        """Return a new key, ``<client id>.<client secret>``. It is shown this once.

        Raises:
            AccountNotFound: no such account.
            RolesInvalid: it is no integrator's.
            AccountNotUsable: it is locked or disabled.
            ScopesInvalid: a scope is not ``<what>:<action>``, or there are none or too many.
            ValidationFailed: the time is out of range.
        """
        wanted = sorted(set(scopes))
        if not 1 <= len(wanted) <= MAX_SCOPES or not all(map(_SCOPE.fullmatch, wanted)):
            raise ScopesInvalid(
                f"Name 1 to {MAX_SCOPES} scopes such as imports:start, in lower case."
            )
        if not 1 <= ttl_days <= MAX_TTL_DAYS:
            raise ValidationFailed(f"A key lasts 1 to {MAX_TTL_DAYS} days.")
        account = await AccountService(self.session, self.clock).lock(account_id)
        if Role.INTEGRATOR not in account.roles:
            raise RolesInvalid("Only an integrator's account can have keys.")
        if account.state not in _USABLE:
            raise AccountNotUsable(f"The account is {account.state}.")
        client_id, secret, now = CLIENT_PREFIX + secrets.token_hex(8), new_token(), self.clock.now()
        self.session.add(
            IntegratorKey(
                client_id=client_id,
                account_id=account.id,
                secret_digest=digest(secret),
                scope=" ".join(wanted),
                created_at=now,
                expires_at=now + timedelta(days=ttl_days),
            )
        )
        return f"{client_id}.{secret}"

    async def revoke(self, client_id: str) -> None:
        """Make a key useless. Tokens it has obtained run out within minutes. Repeating it changes nothing.

        Raises:
            KeyNotFound: no such key.
        """
        key = await CredentialRepository(self.session).find_key(client_id)
        if key is None:
            raise KeyNotFound("There is no such key.")
        key.revoked_at = key.revoked_at or self.clock.now()

    async def find_usable(self, client_id: str) -> IntegratorKey | None:
        """Return a key that is neither revoked nor too old."""
        key = await CredentialRepository(self.session).find_key(client_id)
        if key is None or key.revoked_at is not None or key.expires_at <= self.clock.now():
            return None
        return key

    async def find_holder(self, key: IntegratorKey) -> Account | None:
        """Return the integrator that a key belongs to, if it is still one and may be used."""
        found = await AccountRepository(self.session).find([key.account_id])
        account = found.get(key.account_id)
        if account is None or Role.INTEGRATOR not in account.roles:
            return None
        return account if account.state in _USABLE else None
