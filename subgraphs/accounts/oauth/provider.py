"""The provider's endpoints, each one request in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from authlib.oauth2 import OAuth2Error
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.database import Database
from shared.errors import DomainError, Unauthenticated, UpstreamUnavailable
from subgraphs.accounts.errors import TokenInvalid
from subgraphs.accounts.models import Account
from subgraphs.accounts.repository import AccountRepository

from .claims import person_claims
from .request import FormInvalid, ProviderRequest, read_form
from .server import ProviderServer
from .token_endpoints import find_token
from .unit import ProviderSettings, Unit

Ask = Callable[[ProviderServer, ProviderRequest], Response]


@dataclass(frozen=True, slots=True)
class Provider:
    """What all endpoints share."""

    database: Database
    settings: ProviderSettings
    public_url: str | None

    def issuer_of(self, request: Request) -> str:
        """Return the issuer: where browsers reach us, or else where this request did."""
        return self.public_url or str(request.base_url).rstrip("/")

    def server(self, request: Request, session: AsyncSession) -> ProviderServer:
        """Return Authlib's server for one request in one transaction."""
        return ProviderServer(Unit(self.settings, session, self.issuer_of(request)))

    async def token(self, request: Request) -> Response:
        """Exchange a code, a refresh token or a client's credentials for tokens. Spec: RFC 6749, section 3.2."""
        return await self._answer_form(
            request, lambda server, asked: server.create_token_response(asked)
        )

    async def introspect(self, request: Request) -> Response:
        """Tell one of our services about a token. Spec: RFC 7662."""
        return await self._answer_form(
            request, lambda server, asked: server.create_endpoint_response("introspection", asked)
        )

    async def revoke(self, request: Request) -> Response:
        """End the session of a token. Spec: RFC 7009."""
        return await self._answer_form(
            request, lambda server, asked: server.create_endpoint_response("revocation", asked)
        )

    async def userinfo(self, request: Request) -> Response:
        """Tell an app about its user. Spec: OpenID Connect Core 1.0, section 5.3."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return JSONResponse({}, 401, headers={"WWW-Authenticate": "Bearer"})
        try:
            account, scope = await self._find_user(request, token)
        except UpstreamUnavailable as error:
            return JSONResponse(
                {"error": "temporarily_unavailable", "error_description": str(error)}, 503
            )
        except DomainError as error:
            challenge = f'Bearer error="invalid_token", error_description="{error}"'
            body = {"error": "invalid_token", "error_description": str(error)}
            return JSONResponse(body, 401, headers={"WWW-Authenticate": challenge})
        return JSONResponse(
            person_claims(account, scope=scope), headers={"Cache-Control": "no-store"}
        )

    async def jwks(self, _: Request) -> Response:
        """Publish the keys to verify our tokens with. Spec: RFC 7517."""
        return JSONResponse(
            self.settings.tokens.ring.to_jwks(), headers={"Cache-Control": "public, max-age=300"}
        )

    async def _answer_form(self, request: Request, ask: Ask) -> Response:
        try:
            asked = ProviderRequest(request, await read_form(request))
        except FormInvalid as error:
            return _refuse("invalid_request", str(error))
        async with self.database.transaction() as session:
            server = self.server(request, session)
            try:
                return await session.run_sync(lambda _: ask(server, asked))
            except UnicodeDecodeError:
                # Authlib's reading of a Basic header that holds no text.
                return _refuse("invalid_client", "The Authorization header cannot be read.", 401)

    async def _find_user(self, request: Request, token: str) -> tuple[Account, str]:
        """Return whom an access token speaks for, and the scope it was granted."""
        principal = await self.settings.verifier.verify(token)
        if "openid" not in principal.scopes:
            raise Unauthenticated("The access token is not for this: it lacks the scope openid.")
        async with self.database.transaction() as session:
            found = await find_token(Unit(self.settings, session, self.issuer_of(request)), token)
            accounts = await AccountRepository(session).find([principal.account_id])
        if found is None or not found.active:
            raise TokenInvalid("The access token is not valid any more.")
        return accounts[principal.account_id], " ".join(principal.scopes)


def _refuse(code: str, description: str, status: int = 400) -> Response:
    """Return an error as RFC 6749, section 5.2, has it."""
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Basic"
    return JSONResponse({"error": code, "error_description": description}, status, headers=headers)


def describe(error: OAuth2Error) -> str:
    """Return a protocol error in words for the person who ended up on our page."""
    return f"The app that sent you here asked for something that is not possible ({error.error})."
