"""One OAuth request's unit of work: the services that answer Authlib's questions, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import await_

from shared.clock import Clock
from shared.identity import TokenVerifier
from subgraphs.accounts.access_tokens import AccessTokens
from subgraphs.accounts.service import IntegratorService, SessionService

from .clients import SERVICE_NAME, AppClient, IntegratorClient, OAuthClient, ServiceClient

Answer = TypeVar("Answer")


def answer(question: Awaitable[Answer]) -> Answer:
    """Wait for one of our asynchronous services inside of Authlib; only where ``endpoints`` runs it."""
    result: Answer = await_(question)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """What the provider is made of, for every request the same."""

    clock: Clock
    tokens: AccessTokens
    verifier: TokenVerifier
    apps: Mapping[str, tuple[str, ...]]
    service_secret: str | None
    session_lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Unit:
    """One request's part: its transaction, and the issuer it was addressed as."""

    provider: ProviderSettings
    session: AsyncSession
    issuer: str

    @property
    def sessions(self) -> SessionService:
        """The commands of login sessions."""
        provider = self.provider
        return SessionService(
            self.session, provider.clock, provider.tokens, provider.session_lifetime
        )

    @property
    def integrators(self) -> IntegratorService:
        """The commands of integrators' keys."""
        return IntegratorService(self.session, self.provider.clock)

    async def find_client(self, client_id: str) -> OAuthClient | None:
        """Return the client of this identifier: an app, an integrator's key or one of our services."""
        redirect_uris = self.provider.apps.get(client_id)
        if redirect_uris is not None:
            return AppClient(client_id, redirect_uris)
        key = await self.integrators.find_usable(client_id)
        if key is not None:
            holder = await self.integrators.find_holder(key)
            return None if holder is None else IntegratorClient(key, holder)
        secret = self.provider.service_secret
        if secret is None or SERVICE_NAME.fullmatch(client_id) is None:
            return None
        return ServiceClient(client_id, secret)
