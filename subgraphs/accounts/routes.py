"""Accounts' HTTP endpoints beside GraphQL: the OpenID provider, open to the browsers of the apps it knows."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from .flows import SignInFlow
from .oauth.authorize import Authorize
from .oauth.discovery import describe_provider
from .oauth.provider import Provider


def make_routes(
    provider: Provider, sign_in: SignInFlow, apps: Mapping[str, tuple[str, ...]]
) -> list[BaseRoute]:
    """Return the provider's routes."""
    authorize = Authorize(provider, sign_in)
    cors = [
        Middleware(
            CORSMiddleware,
            allow_origins=sorted({_origin(uri) for uris in apps.values() for uri in uris}),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    ]

    async def openid_configuration(request: Request) -> Response:
        return JSONResponse(
            describe_provider(provider.issuer_of(request)),
            headers={"Cache-Control": "public, max-age=300"},
        )

    well_known = [
        Route("/openid-configuration", openid_configuration),
        Route("/oauth-authorization-server", openid_configuration),
        Route("/jwks.json", provider.jwks),
    ]
    oauth = [
        Route("/authorize", authorize.show, methods=["GET"]),
        Route("/authorize", authorize.submit, methods=["POST"]),
        Route("/token", provider.token, methods=["POST"]),
        Route("/introspect", provider.introspect, methods=["POST"]),
        Route("/revoke", provider.revoke, methods=["POST"]),
    ]
    return [
        Mount("/.well-known", routes=well_known, middleware=cors),
        Mount("/oauth", routes=oauth, middleware=cors),
        Route("/userinfo", provider.userinfo, methods=["GET", "POST", "OPTIONS"], middleware=cors),
    ]


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
