"""ASGI apps of this process, by name, and the HTTP client that reaches them without a network.

With ``cattery up --processes one`` every service lives in one process. A service is then addressed as ``app://name/…``
wherever a URL is asked for; nothing else in a caller changes.
"""

from __future__ import annotations

from datetime import timedelta

import httpx
from starlette.types import ASGIApp

SCHEME = "app://"
_apps: dict[str, ASGIApp] = {}


def publish_app(name: str, app: ASGIApp) -> None:
    """Make ``app`` reachable as ``app://name``; a second app of that name takes the place of the first."""
    _apps[name] = app


def open_http_client(*, timeout: timedelta) -> httpx.AsyncClient:
    """Return a client for URLs of the network and of this process (``app://name/path``) alike."""
    return httpx.AsyncClient(timeout=timeout.total_seconds(), mounts={SCHEME: _LocalTransport()})


class _LocalTransport(httpx.AsyncBaseTransport):
    """Looks the app up at each call, since services of one process may start in any order."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = _apps.get(request.url.host)
        if app is None:
            # The same error as a service that is not up yet on the network: callers already handle it.
            raise httpx.ConnectError(f"{SCHEME}{request.url.host} is not running", request=request)
        return await httpx.ASGITransport(app=app).handle_async_request(request)
