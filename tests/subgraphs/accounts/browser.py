"""An app and its user's browser, on their way through the authorization endpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from shared.demo import PASSWORD
from tests.support.service import RunningService

from .callers import REDIRECT_URI

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The pair of RFC 7636, appendix B."""


def a_request(**changes: str | None) -> dict[str, str]:
    """Return an app's authorization request; ``None`` leaves a parameter out."""
    request: dict[str, str | None] = {
        "response_type": "code",
        "client_id": "the-app",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile email",
        "state": "the app's state",
        "nonce": "the app's nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in request.items() if value is not None}


@dataclass
class Browser:
    """One user's browser, with its cookies."""

    service: RunningService
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    async def open(self, request: dict[str, str]) -> httpx.Response:
        """Follow the app's link."""
        response = await self.service.http.get(
            "/oauth/authorize", params=request, headers=self._headers()
        )
        self.cookies.update(response.cookies)
        # The client is shared: what it remembers by itself would be in every browser.
        self.service.http.cookies.clear()
        return response

    async def submit(
        self, page: httpx.Response, request: dict[str, str], **fields: str
    ) -> httpx.Response:
        """Fill in the form of the page and send it."""
        hidden = re.search('name="csrf" value="([^"]+)"', page.text)
        form = {"csrf": hidden[1] if hidden else "", "action": "sign-in", **fields}
        return await self.service.http.post(
            "/oauth/authorize", params=request, data=form, headers=self._headers()
        )

    async def sign_in(
        self, request: dict[str, str] | None = None, *, email: str = "manager@demo.test"
    ) -> dict[str, str]:
        """Sign in and return what the app gets in its redirect."""
        request = request or a_request()
        page = await self.open(request)
        response = await self.submit(page, request, email=email, password=PASSWORD)
        assert response.status_code == 302, response.text
        return redirect_parameters(response)

    def _headers(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"cookie": pairs} if pairs else {}


def redirect_parameters(response: httpx.Response) -> dict[str, str]:
    """Return what a redirect tells the app."""
    location = response.headers["location"]
    assert location.startswith(f"{REDIRECT_URI}?"), location
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def exchange(service: RunningService, code: str, **changes: str) -> httpx.Response:
    """Exchange a code for tokens, as the app does."""
    return await service.http.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "client_id": "the-app",
            "redirect_uri": REDIRECT_URI,
            "code": code,
            "code_verifier": VERIFIER,
            **changes,
        },
    )


async def refresh(service: RunningService, token: str, **changes: str) -> httpx.Response:
    """Refresh tokens, as the app does."""
    return await service.http.post(
        "/oauth/token",
        data={
            "grant_type": "refresh_token",
            "client_id": "the-app",
            "refresh_token": token,
            **changes,
        },
    )


async def app_tokens(service: RunningService, **changes: str | None) -> dict[str, Any]:
    """Return the tokens of an app whose user has signed in."""
    got = await Browser(service).sign_in(a_request(**changes))
    response = await exchange(service, got["code"])
    assert response.status_code == 200, response.text
    tokens: dict[str, Any] = response.json()
    return tokens
