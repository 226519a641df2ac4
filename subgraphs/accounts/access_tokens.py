"""Signs access tokens and ID tokens. What they say is what ``shared.identity`` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt

from shared.clock import Clock
from shared.identifiers import new_id
from shared.identity import ALGORITHMS, AUDIENCE, ISSUER, SERVICE_SCOPE, Role

from .models import Account, IntegratorKey
from .signing_keys import KeyRing

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SignedToken:
    """A token and when it ends."""

    text: str
    expires_at: datetime
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Issues tokens with the ring's present key."""

    ring: KeyRing
    clock: Clock

    def for_person(
        self, account: Account, *, session_id: UUID, client_id: str, scope: str
    ) -> SignedToken:
        """Return an access token for somebody who has signed in."""
        claims = {"sid": str(session_id), "client_id": client_id, "scope": scope}
        return self._sign_access(
            subject=str(account.id), roles=account.roles, version=account.version, claims=claims
        )

    def for_integrator(self, account: Account, key: IntegratorKey, *, scope: str) -> SignedToken:
        """Return an access token for an integrator's machine; it ends no later than the key."""
        return self._sign_access(
            subject=str(account.id),
            # Whatever else the account may be: a machine acts in this role only.
            roles=(Role.INTEGRATOR,),
            version=account.version,
            claims={"client_id": key.client_id, "scope": scope},
            at_most=key.expires_at - self.clock.now(),
        )

    def for_service(self, name: str) -> SignedToken:
        """Return an access token for one of our own services."""
        claims = {"client_id": name, "scope": SERVICE_SCOPE}
        return self._sign_access(subject=name, roles=(), version=0, claims=claims)

    def sign_id_token(self, claims: Mapping[str, object], *, issuer: str, client_id: str) -> str:
        """Return an ID token for the app ``client_id``. Spec: OpenID Connect Core 1.0, section 2."""
        now = self.clock.now()
        return self._sign(
            {
                "iss": issuer,
                "aud": client_id,
                "iat": _seconds(now),
                "exp": _seconds(now + LIFETIME),
                **claims,
            },
            type_="JWT",
        )

    def _sign_access(
        self,
        *,
        subject: str,
        roles: Iterable[Role],
        version: int,
        claims: Mapping[str, object],
        at_most: timedelta = LIFETIME,
    ) -> SignedToken:
        now = self.clock.now()
        lifetime = min(LIFETIME, at_most)
        text = self._sign(
            {
                "iss": ISSUER,
                "aud": AUDIENCE,
                "sub": subject,
                "roles": [role.value for role in roles],
                "ver": version,
                "iat": _seconds(now),
                "exp": _seconds(now + lifetime),
                "jti": str(new_id()),
                **claims,
            },
            # RFC 9068, section 2.1: nobody can pass an ID token off as an access token.
            type_="at+jwt",
        )
        return SignedToken(text=text, expires_at=now + lifetime, lifetime=lifetime)

    def _sign(self, claims: dict[str, object], *, type_: str) -> str:
        key = self.ring.signing_key()
        header = {"alg": ALGORITHMS[0], "kid": key.kid, "typ": type_}
        return jwt.encode(header, claims, key, algorithms=ALGORITHMS)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
