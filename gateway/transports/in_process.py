"""Subgraphs in the same process: an ASGI app is called with the body and the headers, without a network hop.

The app's lifespan is not run here: whoever puts the program together starts and stops its apps.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from .base import SubgraphRequest, SubgraphResponse
from .errors import ResponseTooLarge, SubgraphCrashed, SubgraphTimeout
from .headers import OWN_HEADERS, forwardable
from .response_headers import ResponseHeaders
from .uploads import MultipartBody, build_multipart

Message: TypeAlias = MutableMapping[str, Any]
ASGIApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]


class InProcessTransport:
    """One subgraph that is an ASGI app of this process.

    ``state`` is what the app's lifespan put there, for the scope of every request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        path: str = "/graphql",
        state: Mapping[str, Any] | None = None,
        timeout_seconds: float = 30.0,
        max_response_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._app = app
        self._path = path
        self._state: Mapping[str, Any] = state or {}
        self._timeout_seconds = timeout_seconds
        self._max_response_bytes = max_response_bytes

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        """Call the app, in a task of its own: what it binds to its context, such as log fields, stays there.

        Cancelling the caller cancels the app, and waits for it.
        """
        exchange = _Exchange(request, self._max_response_bytes)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await asyncio.create_task(
                    self._run(request, exchange), context=contextvars.copy_context()
                )
        except TimeoutError as error:
            raise SubgraphTimeout(
                f"Subgraph {request.subgraph!r} did not answer within {self._timeout_seconds} s."
            ) from error
        except ResponseTooLarge:
            raise
        except (
            Exception
        ) as error:  # the app is a program of its own: whatever it raises is its crash, not ours
            if not exchange.is_complete:
                raise SubgraphCrashed(f"Subgraph {request.subgraph!r} raised {error!r}.") from error
            # Servers run error-logging middleware that raises again after answering 500: the answer stands.
        return exchange.response()

    async def close(self) -> None:
        """Do nothing: the app is stopped by whoever started it."""

    async def _run(self, request: SubgraphRequest, exchange: _Exchange) -> None:
        scope = self._scope(request, exchange.multipart)
        await self._app(scope, exchange.receive, exchange.send)

    def _scope(self, request: SubgraphRequest, multipart: MultipartBody | None) -> Message:
        headers = {
            "host": request.subgraph,
            **OWN_HEADERS,
            "content-length": str(len(request.body)),
        }
        if multipart is not None:
            headers["content-type"] = multipart.content_type
            headers["content-length"] = str(multipart.size_bytes)
        pairs = [*headers.items(), *forwardable(request.headers)]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode("ascii"),
            "root_path": "",
            "query_string": b"",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
            "client": None,
            "server": None,
            "state": dict(self._state),
        }


class _Exchange:
    """One request and its response, as the app sees them."""

    def __init__(self, request: SubgraphRequest, max_response_bytes: int) -> None:
        self._request = request
        self._max_response_bytes = max_response_bytes
        self.multipart = build_multipart(request.body, request.files) if request.files else None
        self._pieces = None if self.multipart is None else self.multipart.chunks()
        self._is_body_taken = False
        self._status: int | None = None
        self._headers = ResponseHeaders()
        self._chunks: list[bytes] = []
        self._size_bytes = 0
        self._done = asyncio.Event()

    @property
    def is_complete(self) -> bool:
        return self._done.is_set()

    async def receive(self) -> Message:
        if self._pieces is not None:
            piece = await anext(self._pieces, None)
            if piece is not None:
                return {"type": "http.request", "body": piece, "more_body": True}
            self._pieces, self._is_body_taken = None, True
            return {"type": "http.request", "body": b"", "more_body": False}
        if not self._is_body_taken:
            self._is_body_taken = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}
        # A client that stays connected: an app that listens for it leaving waits until it has answered.
        await self._done.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        match message["type"]:
            case "http.response.start":
                self._status = message["status"]
                self._headers = ResponseHeaders(list(message.get("headers", ())))
            case "http.response.body":
                self._take(message.get("body", b""))
                if not message.get("more_body", False):
                    self._done.set()
            case _:
                pass  # extensions (trailers, early hints) carry nothing that a GraphQL response needs

    def response(self) -> SubgraphResponse:
        if self._status is None or not self.is_complete:
            raise SubgraphCrashed(
                f"Subgraph {self._request.subgraph!r} returned without a complete response."
            )
        return SubgraphResponse(self._status, b"".join(self._chunks), self._headers)

    def _take(self, chunk: bytes) -> None:
        self._size_bytes += len(chunk)
        if self._size_bytes > self._max_response_bytes:
            raise ResponseTooLarge(
                f"Subgraph {self._request.subgraph!r} answered with more than {self._max_response_bytes} bytes."
            )
        self._chunks.append(chunk)
