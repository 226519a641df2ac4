"""Who is calling: roles, the principal of a request, and the verification of access tokens.

Tokens are JWTs (RFC 9068 in spirit) signed by the accounts service with EdDSA. Every service verifies them itself,
offline, with the signing keys it fetched last: an accounts service that is away stops nobody who is signed in.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from .clock import Clock
from .errors import Unauthenticated, UpstreamUnavailable
from .local_apps import open_http_client
from .logging import get_logger

ISSUER = "cattery-accounts"
AUDIENCE = "cattery"
ALGORITHMS = ["Ed25519"]
"""EdDSA over Curve25519, by its present name (RFC 9864)."""

SERVICE_SCOPE = "service"
"""The scope that only our own services' tokens carry."""

CLOCK_SKEW = timedelta(seconds=60)
KEYS_REFRESH = timedelta(minutes=15)
UNKNOWN_KEY_REFRESH = timedelta(seconds=5)
"""An unknown key id asks for new keys at most this often, so that forged tokens cannot make us hammer accounts."""

_log = get_logger(__name__)


class Role(StrEnum):
    """What a person may be to the marketplace. Everything is denied that is not allowed to a role."""

    CLIENT = "CLIENT"
    WORKER = "WORKER"
    CANDIDATE = "CANDIDATE"
    MANAGER = "MANAGER"
    QUALITY = "QUALITY"
    EMPLOYEE = "EMPLOYEE"
    ADMIN = "ADMIN"
    INTEGRATOR = "INTEGRATOR"


@dataclass(frozen=True, slots=True)
class Principal:
    """The verified caller of one request."""

    subject: str
    """The account's id; for a service, its name. Empty for the anonymous caller."""

    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = frozenset()
    version: int = 0
    """The account's version when the token was issued."""

    session: str | None = None
    """The login session (refresh-token family) the token belongs to."""

    @property
    def is_anonymous(self) -> bool:
        """Nobody signed in."""
        return not self.subject

    @property
    def is_service(self) -> bool:
        """One of our own services, by client credentials."""
        return SERVICE_SCOPE in self.scopes

    @property
    def account_id(self) -> UUID:
        """The caller's account.

        Raises:
            Unauthenticated: the caller is anonymous or a service.
        """
        if self.is_anonymous or self.is_service:
            raise Unauthenticated("Sign in first.")
        return UUID(self.subject)

    def has_any(self, *roles: Role) -> bool:
        """Whether the caller has one of ``roles``."""
        return not self.roles.isdisjoint(roles)


ANONYMOUS = Principal(subject="")


class KeySource(Protocol):
    """Where signing keys come from."""

    async def find_keys(self, key_id: str | None) -> KeySet:
        """Return the keys to verify with; ``key_id`` is what the token names.

        Raises:
            UpstreamUnavailable: no keys were ever fetched and none can be fetched now.
        """
        ...


@dataclass(slots=True)
class RemoteKeys:
    """The JWKS document at a URL, cached, fetched again in time or when a token names a key that is not in it."""

    url: str
    clock: Clock
    _keys: KeySet | None = field(default=None, init=False)
    _fetched_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _asked_at: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def find_keys(self, key_id: str | None) -> KeySet:
        """Return cached keys while they are fresh and know ``key_id``, else fetch."""
        if self._is_good(key_id):
            return self._known()
        async with self._lock:
            if not self._is_good(key_id) and self._may_ask():
                await self._fetch()
        return self._known()

    def _is_good(self, key_id: str | None) -> bool:
        if self._keys is None or self.clock.now() - self._fetched_at > KEYS_REFRESH:
            return False
        return key_id is None or any(key.kid == key_id for key in self._keys.keys)

    def _may_ask(self) -> bool:
        return self._keys is None or self.clock.now() - self._asked_at > UNKNOWN_KEY_REFRESH

    def _known(self) -> KeySet:
        if self._keys is None:
            raise UpstreamUnavailable("Tokens cannot be verified at the moment. Try again soon.")
        return self._keys

    async def _fetch(self) -> None:
        self._asked_at = self.clock.now()
        try:
            async with open_http_client(timeout=timedelta(seconds=2)) as client:
                response = await client.get(self.url)
            response.raise_for_status()
            self._keys = KeySet.import_key_set(response.json())
            self._fetched_at = self._asked_at
        except (httpx.HTTPError, JoseError, ValueError) as error:
            # The keys we have stay good: accounts being away must not sign everybody out.
            _log.warning("signing keys not fetched", url=self.url, error=str(error))


@dataclass(frozen=True, slots=True)
class TokenVerifier:
    """Turns an access token into a principal."""

    keys: KeySource
    clock: Clock

    async def verify(self, token: str) -> Principal:
        """Return who ``token`` speaks for.

        Raises:
            Unauthenticated: it is malformed, wrongly signed, for somebody else, or expired.
            UpstreamUnavailable: there are no keys to verify it with.
        """
        try:
            key_id = _read_key_id(token)
            keys = await self.keys.find_keys(key_id)
            decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise Unauthenticated("The access token is not valid.") from error
        self._check_claims(decoded.claims)
        return _principal_of(decoded.claims)

    async def verify_header(self, authorization: str | None) -> Principal:
        """Return who an ``Authorization`` header speaks for; nobody, where there is none.

        Raises:
            Unauthenticated: it holds no valid access token.
            UpstreamUnavailable: there are no keys to verify it with.
        """
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        # Another scheme carries no token of ours: verified as an empty one, it is refused like any bad token.
        return await self.verify(token if scheme.lower() == "bearer" else "")

    def _check_claims(self, claims: Mapping[str, object]) -> None:
        now = self.clock.now()
        if claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
            raise Unauthenticated("The access token was issued for somebody else.")
        expires, issued = claims.get("exp"), claims.get("iat")
        if not isinstance(expires, int) or not isinstance(issued, int):
            raise Unauthenticated("The access token is not valid.")
        if now > datetime.fromtimestamp(expires, UTC) + CLOCK_SKEW:
            raise Unauthenticated("The access token has expired.")
        if now < datetime.fromtimestamp(issued, UTC) - CLOCK_SKEW:
            raise Unauthenticated("The access token is not valid yet.")


def _read_key_id(token: str) -> str | None:
    # Read before anything is verified: only used to decide whether the cached keys are too old.
    segment = token.partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    key_id = header.get("kid") if isinstance(header, dict) else None
    return key_id if isinstance(key_id, str) else None


def _principal_of(claims: Mapping[str, object]) -> Principal:
    subject, roles, scope = claims.get("sub"), claims.get("roles", []), claims.get("scope", "")
    version, session = claims.get("ver", 0), claims.get("sid")
    if not (
        isinstance(subject, str)
        and isinstance(roles, list)
        and isinstance(scope, str)
        and isinstance(version, int)
    ):
        raise Unauthenticated("The access token is not valid.")
    return Principal(
        subject=subject,
        # A role that this service does not know yet grants nothing here.
        roles=frozenset(Role(role) for role in roles if role in Role.__members__),
        scopes=frozenset(scope.split()),
        version=version,
        session=session if isinstance(session, str) else None,
    )
