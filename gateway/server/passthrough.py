"""Paths that another service answers, handed through as they are: sign-in pages of an identity provider, uploads.

A single-page app then has one origin for everything. The other service sees the path, the query, the body and the
end-to-end headers of the request, and who sent it (``x-forwarded-*``, ``x-client-ip``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import httpx
from starlette.requests import Request
from starlette.responses import Response

from gateway.config.settings import PassthroughConfig
from gateway.errors import PathUnknown, RequestRefused, UpstreamAway
from gateway.execution.json_text import encode_json
from gateway.pipeline.answer import list_errors
from shared.logging import get_logger

from .body import ClientDisconnected, read_body

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_HOP_BY_HOP = frozenset(
    {
        "connection", "content-length", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_OURS = frozenset({"x-client-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"})
"""What a client says about itself under these names is not believed."""

_log = get_logger(__name__)


class Passthrough:
    """One path prefix and the service behind it."""

    def __init__(
        self,
        config: PassthroughConfig,
        open_client: Callable[[], httpx.AsyncClient],
        *,
        max_body_bytes: int,
        timeout_seconds: float,
    ) -> None:
        self._config = config
        self._open_client = open_client
        self._client: httpx.AsyncClient | None = None
        self._max_body_bytes = max_body_bytes
        self._timeout_seconds = timeout_seconds

    @property
    def prefix(self) -> str:
        """The path it answers, with everything below it."""
        return self._config.prefix

    async def answer(self, request: Request) -> Response:
        """Send the request on, and the answer back."""
        try:
            body = await read_body(
                request.headers,
                request.receive,
                max_bytes=self._max_body_bytes,
                timeout_seconds=self._timeout_seconds,
                loop=asyncio.get_running_loop(),
            )
            answer = await self._send(request, body)
        except ClientDisconnected:
            return Response(status_code=499)
        except RequestRefused as error:
            return Response(
                encode_json({"errors": list_errors(error)}),
                status_code=error.status,
                media_type="application/json",
            )
        response = Response(answer.content, answer.status_code)
        # The body was decoded on its way through; a list, since set-cookie may come more than once.
        response.raw_headers = [
            (name, value)
            for name, value in answer.headers.raw
            if name.decode("latin-1").lower() not in _HOP_BY_HOP | {"content-encoding"}
        ] + [(b"content-length", str(len(answer.content)).encode())]
        return response

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _send(self, request: Request, body: bytes) -> httpx.Response:
        if self._client is None:
            self._client = self._open_client()
        target = self._config.url + _target(request)
        try:
            return await self._client.request(
                request.method,
                target,
                content=body,
                headers=list(_forwarded(request)),
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            _log.warning("passthrough failed", prefix=self._config.prefix, reason=repr(error))
            raise UpstreamAway("The service behind this path is not answering.") from error


def _target(request: Request) -> str:
    """Return path and query as the client wrote them, so that ``%3F`` stays a character.

    Raises:
        PathUnknown: the path climbs: behind the gateway it could lead out of the prefix.
    """
    if not {".", ".."}.isdisjoint(request.scope["path"].split("/")):
        raise PathUnknown("A path must not hold dots for segments.")
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query if query else path).decode("ascii")


def _forwarded(request: Request) -> Iterable[tuple[str, str]]:
    for name, value in request.headers.items():
        if name not in _HOP_BY_HOP | _OURS:
            yield name, value
    yield "x-forwarded-host", request.headers.get("host", "")
    yield "x-forwarded-proto", request.url.scheme
    if request.client is not None:
        yield "x-forwarded-for", request.client.host
        yield "x-client-ip", request.client.host
