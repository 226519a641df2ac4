"""Introspection and revocation. Spec: RFC 7662, RFC 7009."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from joserfc.jws import extract_compact

from shared.errors import Unauthenticated
from shared.identity import Principal
from subgraphs.accounts.models import Account, LoginSession
from subgraphs.accounts.opaque_tokens import digest
from subgraphs.accounts.repository import AccountRepository, SessionRepository
from subgraphs.accounts.service.sessions import is_alive
from subgraphs.accounts.states import AccountState

from .clients import ServiceClient
from .unit import Unit, answer


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token of ours, as Authlib asks about it; whether it is still good has been looked up."""

    kind: str
    active: bool
    session: LoginSession | None
    claims: dict[str, object]

    def check_client(self, client: Any) -> bool:
        """Whether it was issued to this client."""
        return bool(self.claims.get("client_id") == client.client_id)

    def is_expired(self) -> bool:
        """Whether it is of no use any more."""
        return not self.active

    def is_revoked(self) -> bool:
        """Part of ``is_expired``."""
        return False


class Introspection(IntrospectionEndpoint):
    """Tells our services whether a token is good at this very moment, which the token alone cannot."""

    CLIENT_AUTH_METHODS: ClassVar = ["client_secret_basic", "client_secret_post"]

    def check_permission(self, token: FoundToken, client: Any, request: Any) -> bool:
        """Only our own services may ask."""
        return isinstance(client, ServiceClient)

    def query_token(self, token_string: str, token_type_hint: str | None) -> FoundToken | None:
        """Find a token of either kind; the hint is not needed to tell them apart."""
        return answer(find_token(self.server.unit, token_string))

    def introspect_token(self, token: FoundToken) -> dict[str, object]:
        """Return what there is to know about a good token."""
        return {"active": True, "token_type": token.kind, **token.claims}


class Revocation(RevocationEndpoint):
    """Ends the session that a token belongs to: the way for an app to sign its user out."""

    CLIENT_AUTH_METHODS: ClassVar = ["none", "client_secret_basic", "client_secret_post"]

    def query_token(self, token_string: str, token_type_hint: str | None) -> FoundToken | None:
        """Find a token of either kind."""
        return answer(find_token(self.server.unit, token_string))

    def revoke_token(self, token: FoundToken, request: Any) -> None:
        """End the session. A machine's token has none and runs out by itself."""
        if token.session is not None:
            answer(self.server.unit.sessions.revoke(token.session.id))


async def find_token(unit: Unit, text: str) -> FoundToken | None:
    """Return the refresh or access token that ``text`` is, if it is one of ours."""
    repository = SessionRepository(unit.session)
    refresh = await repository.lock_refresh_token(digest(text))
    if refresh is not None:
        session = await repository.find_session(refresh.session_id)
        return await _refresh_token(unit, session, is_used=refresh.used_at is not None)
    try:
        principal = await unit.provider.verifier.verify(text)
    except Unauthenticated:
        return None
    return await _access_token(unit, principal, _read_claims(text))


async def _refresh_token(
    unit: Unit, session: LoginSession | None, *, is_used: bool
) -> FoundToken | None:
    if session is None:
        return None
    owner = await unit.sessions.find_owner(session)
    alive = is_alive(session, now=unit.provider.clock.now())
    return FoundToken(
        kind="refresh_token",
        active=alive and not is_used and owner is not None,
        session=session,
        claims={
            "client_id": session.client_id,
            "sub": str(session.account_id),
            "scope": session.scope,
            "exp": _seconds(session.expires_at),
        },
    )


async def _access_token(unit: Unit, principal: Principal, claims: dict[str, object]) -> FoundToken:
    session: LoginSession | None = None
    if principal.session is not None:
        session = await SessionRepository(unit.session).find_session(UUID(principal.session))
    active = principal.is_service or await _is_good(unit, principal, session)
    return FoundToken(kind="Bearer", active=active, session=session, claims=claims)


async def _is_good(unit: Unit, principal: Principal, session: LoginSession | None) -> bool:
    """Whether account and session still are what they were when the token was issued."""
    found = await AccountRepository(unit.session).find([principal.account_id])
    account = found.get(principal.account_id)
    if account is None or not _is_usable(account) or principal.version < account.tokens_since:
        return False
    if principal.session is None:
        return True
    return session is not None and is_alive(session, now=unit.provider.clock.now())


def _read_claims(token: str) -> dict[str, object]:
    """Read what a token says that has just been verified."""
    claims: dict[str, object] = json.loads(extract_compact(token.encode()).payload)
    return claims


def _is_usable(account: Account) -> bool:
    return account.state is not AccountState.DISABLED


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
