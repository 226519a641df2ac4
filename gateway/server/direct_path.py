"""Takes requests for one path straight to its endpoint, past a router and a stack that would look at every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .exchange import EXCHANGE, Exchange


class DirectPath:
    """ASGI middleware: ``endpoint`` for ``path``, the app below for all others.

    Raises:
        TypeError: the endpoint cannot be called; said when the app is built, not at a request.
    """

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        if not callable(endpoint):
            raise TypeError(f"The endpoint of {path} is no ASGI app: {endpoint!r}.")
        self._app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over."""
        is_direct = scope["type"] == "http" and scope["path"] == self._path
        await (self._endpoint if is_direct else self._app)(scope, receive, send)


class Shortcut:
    """ASGI app around a whole stack without middleware of its own: ``endpoint`` for ``path``, the stack for all others.

    With nothing in between the endpoint speaks to the ``Exchange`` itself. Servers that have none take the long way.

    Args:
        app: the stack; it leads to the endpoint as well.
        path: the path.
        endpoint: what answers it.
        on_mishap: makes the answer when the endpoint raises, as the stack would.
    """

    def __init__(
        self,
        app: ASGIApp,
        path: str,
        endpoint: ASGIApp,
        on_mishap: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint
        self._on_mishap = on_mishap

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over."""
        exchange: Exchange | None = scope.get(EXCHANGE)
        if exchange is None or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        try:
            await self._endpoint(scope, receive, send)
        except Exception as error:
            if not exchange.has_begun:
                response = await self._on_mishap(Request(scope), error)
                await response(scope, receive, send)
            raise
