"""Authlib's authorization server for one request."""

from __future__ import annotations

from typing import Any

from authlib.oauth2 import AuthorizationServer
from starlette.responses import JSONResponse, RedirectResponse, Response

from .clients import OAuthClient
from .grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    IdToken,
    Pkce,
    RefreshTokenGrant,
)
from .request import ProviderRequest
from .token_endpoints import Introspection, Revocation
from .unit import Unit, answer


class ProviderServer(AuthorizationServer):
    """Made anew for each request, around its unit of work; making one costs a few lists."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self.unit = unit
        self.register_grant(AuthorizationCodeGrant, [Pkce(required=True), IdToken()])
        self.register_grant(RefreshTokenGrant)
        self.register_grant(ClientCredentialsGrant)
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> OAuthClient | None:
        """Find a client."""
        return answer(self.unit.find_client(client_id))

    def create_oauth2_request(self, request: ProviderRequest) -> ProviderRequest:
        """Take the request as it was prepared."""
        request.unit = self.unit
        return request

    def handle_response(
        self, status: int, body: dict[str, Any] | str, headers: list[tuple[str, str]]
    ) -> Response:
        """Return Starlette's response."""
        given = dict(headers)
        if location := given.get("Location"):
            return RedirectResponse(
                location, status_code=status, headers={"Cache-Control": "no-store"}
            )
        given.pop("Content-Type", None)
        return JSONResponse(body, status_code=status, headers=given)

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""
