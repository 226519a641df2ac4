"""People and services that call: tokens as accounts would sign them, with keys that services fetch as usual."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.clock import Clock
from shared.identity import ALGORITHMS, AUDIENCE, ISSUER, Principal, Role
from shared.local_apps import publish_app

JWKS_URL = "app://test-keys/jwks"
_KEY = OKPKey.generate_key("Ed25519", auto_kid=True)


async def _show_keys(_: Request) -> JSONResponse:
    return JSONResponse(KeySet([_KEY]).as_dict())


publish_app("test-keys", Starlette(routes=[Route("/jwks", _show_keys)]))


def a_person(*roles: Role, account_id: UUID | None = None) -> Principal:
    """Return somebody signed in with these roles."""
    return Principal(subject=str(account_id or uuid4()), roles=frozenset(roles), version=1)


def a_service(name: str) -> Principal:
    """Return one of our own services."""
    return Principal(subject=name, scopes=frozenset({"service"}))


def sign_token(
    caller: Principal,
    clock: Clock,
    *,
    lifetime: timedelta = timedelta(minutes=10),
    key: OKPKey = _KEY,
    claims: Mapping[str, object] | None = None,
) -> str:
    """Return an access token for ``caller``; ``claims`` replace what it would say."""
    now = int(clock.now().timestamp())
    content: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": caller.subject,
        "roles": sorted(caller.roles),
        "scope": " ".join(sorted(caller.scopes)),
        "ver": caller.version,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        **(claims or {}),
    }
    return jwt.encode({"alg": ALGORITHMS[0], "kid": key.kid}, content, key, algorithms=ALGORITHMS)
