"""Verifies bearer tokens. A request without a token is anonymous, and the subgraphs decide what it may do.

A token that is there must be good: whoever sends a bad one is told so, rather than being answered as nobody.

Spec: RFC 6750 (bearer tokens), RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (JWT best current practices).
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel

from gateway.config.settings import IdentityConfig
from gateway.errors import TokenExpired, TokenMalformed, TokenMissing, Unauthenticated

from .identity import Identity
from .signing_keys import SigningKeys

_MAX_TOKEN_CHARACTERS = 8192


class Authenticator:
    """Turns an ``Authorization`` header into an identity.

    Args:
        config: what is trusted.
        keys: the issuer's keys; when they change, every token is verified anew.
        cache_size: how many verified tokens are remembered.
        now: the time, in seconds since the epoch.
    """

    def __init__(
        self,
        config: IdentityConfig,
        keys: SigningKeys,
        *,
        cache_size: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._keys = keys
        self._registry = _AllowedAlgorithms(algorithms=list(config.algorithms))
        self._cache_size = cache_size
        self._verified: OrderedDict[str, Identity] = OrderedDict()
        self._now = now
        keys.on_change(self._verified.clear)

    async def authenticate(self, authorization: str | None) -> Identity | None:
        """Return who sends this header; ``None`` for nobody in particular.

        Raises:
            TokenMissing: there is no token, and one is required.
            TokenMalformed: it is no bearer token, or no JWT.
            TokenExpired: its time is over.
            Unauthenticated: it is not signed by the issuer, or not meant for us.
            KeysUnavailable: nobody can tell at the moment.
        """
        self._keys.refresh_when_old()
        if authorization is None:
            if self._config.require:
                raise TokenMissing("Sign in: this graph is not open to anonymous requests.")
            return None
        token = _read_bearer(authorization)
        identity = self._verified.get(token)
        if identity is None:
            identity = await self._verify(token)
            self._remember(token, identity)
        if self._now() > identity.expires_at + self._config.clock_skew_seconds:
            raise TokenExpired("The access token has expired.")
        return identity

    async def _verify(self, token: str) -> Identity:
        try:
            signed = jws.extract_compact(token.encode("ascii"), registry=self._registry)
            header = signed.headers()
            algorithm, key_id = header.get("alg"), header.get("kid")
        except (JoseError, ValueError, AttributeError, RecursionError) as error:
            raise TokenMalformed("The access token is not a JSON Web Token.") from error
        if not isinstance(algorithm, str) or algorithm not in self._config.algorithms:
            raise Unauthenticated("The access token is signed with an algorithm not allowed here.")
        if not isinstance(key_id, str | None):
            raise TokenMalformed("The access token's key id is not text.")
        for key in await self._keys.find(key_id, algorithm):
            try:
                is_genuine = jws.validate_compact(signed, key, registry=self._registry)
            except (JoseError, ValueError) as error:
                raise Unauthenticated("The access token cannot be verified.") from error
            if is_genuine:
                return self._read_claims(signed.payload)
        raise Unauthenticated("The access token is not signed by a key of its issuer.")

    def _read_claims(self, payload: bytes | None) -> Identity:
        try:
            claims = json.loads(payload or b"")
        except (ValueError, RecursionError) as error:
            raise TokenMalformed("The access token holds no claims.") from error
        if not isinstance(claims, dict):
            raise TokenMalformed("The access token holds no claims.")
        self._check_addressee(claims)
        expires_at = _read_time(claims, "exp")
        not_before = _read_time(claims, "nbf")
        if expires_at is None:
            raise Unauthenticated("The access token has no time of expiry.")
        if not_before is not None and self._now() < not_before - self._config.clock_skew_seconds:
            raise Unauthenticated("The access token is not valid yet.")
        subject = claims.get("sub")
        roles = _read_roles(claims.get(self._config.roles_claim))
        return Identity(
            subject=subject if isinstance(subject, str) else "",
            role=",".join(sorted(roles)) or None,
            expires_at=expires_at,
            claims=claims,
            roles=roles,
        )

    def _check_addressee(self, claims: Mapping[str, object]) -> None:
        if self._config.issuer is not None and claims.get("iss") != self._config.issuer:
            raise Unauthenticated("The access token is from another issuer.")
        if self._config.audience is not None:
            audience = claims.get("aud")
            meant_for = audience if isinstance(audience, list) else [audience]
            if self._config.audience not in meant_for:
                raise Unauthenticated("The access token is meant for somebody else.")

    def _remember(self, token: str, identity: Identity) -> None:
        self._verified[token] = identity
        if len(self._verified) > self._cache_size:
            self._verified.popitem(last=False)


class _AllowedAlgorithms(jws.JWSRegistry):
    """The algorithms of the configuration, and no others.

    The library warns about some names that issuers still use. Allowing one is the operator's
    explicit choice here, and a warning per process would only be noise in their log.
    """

    def __init__(self, algorithms: Collection[str]) -> None:
        # Issuers put members of their own into headers; those that matter are listed in `crit`,
        # and an unknown one there is refused.
        super().__init__(algorithms=algorithms, strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return the algorithm called ``name``, if it is allowed."""
        if self.allowed is None or name not in self.allowed:
            raise Unauthenticated("The access token is signed with an algorithm not allowed here.")
        return self.algorithms[name]


def _read_bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise TokenMalformed("Authorization must be: Bearer <access token>.")
    if len(token) > _MAX_TOKEN_CHARACTERS:
        raise TokenMalformed(f"The access token is longer than {_MAX_TOKEN_CHARACTERS} characters.")
    if not token.isascii():
        raise TokenMalformed("The access token is not a JSON Web Token.")
    return token


def _read_time(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenMalformed(f"The access token's {name} is no time.")
    return float(value)


def _read_roles(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset({value} if value else ())
    if isinstance(value, list):
        return frozenset(role for role in value if isinstance(role, str))
    return frozenset()
