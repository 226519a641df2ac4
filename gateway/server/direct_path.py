"""Takes requests for one path straight to its endpoint, past a router that would look at every route."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


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
