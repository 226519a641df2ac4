"""An issuer of access tokens: keys of several kinds, tokens of any shape, and its key document."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ISSUER = "https://issuer.test"
AUDIENCE = "shop"

Key = ECKey | OKPKey | RSAKey


class Issuer:
    """Signs tokens and serves the keys to check them with, counting how often it is asked."""

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys) or [ed25519("first")]
        self.is_up = True
        self.asked = 0

    @property
    def document(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def app(self) -> Starlette:
        """The issuer as an ASGI app: its document is at ``/keys``."""

        async def keys(_request: Request) -> JSONResponse:
            self.asked += 1
            if not self.is_up:
                return JSONResponse({}, status_code=503)
            return JSONResponse(self.document)

        return Starlette(routes=[Route("/keys", keys)])

    def token(self, *, key: Key | None = None, algorithm: str = "EdDSA", **changes: object) -> str:
        """A good token, but for ``changes`` of its claims; ``None`` leaves a claim out."""
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "alice",
            "roles": ["CLIENT"],
            "exp": now + 600,
            **changes,
        }
        given = {name: value for name, value in claims.items() if value is not None}
        return sign(given, key or self.keys[0], algorithm)


def sign(
    claims: object, key: Key, algorithm: str, *, header: dict[str, object] | None = None
) -> str:
    """Sign anything, with a header that the library itself would not write."""
    signing_input = _signing_input({"alg": algorithm, "kid": key.kid, **(header or {})}, claims)
    model = jws.JWSRegistry.algorithms[algorithm]
    return f"{signing_input}.{_encode(model.sign(signing_input.encode(), key))}"


def sign_with_secret(claims: object, secret: bytes, *, key_id: str | None) -> str:
    """Sign with HMAC, whatever the secret is."""
    signing_input = _signing_input({"alg": "HS256", "kid": key_id}, claims)
    return f"{signing_input}.{_encode(hmac.digest(secret, signing_input.encode(), 'sha256'))}"


def unsigned(claims: object) -> str:
    """A token of the algorithm ``none``."""
    return _signing_input({"alg": "none"}, claims) + "."


def _signing_input(header: dict[str, object], claims: object) -> str:
    return ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))


def _encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def ed25519(kid: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid})


def es256(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


def rs256(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})
