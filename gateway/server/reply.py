"""Writes answers to clients: status, headers and body, in one piece or in parts, and what the record keeps of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from starlette.types import Send

from gateway.config.settings import GatewayConfig
from gateway.errors import NotReady
from gateway.pipeline.answer import Answer, LaterParts, Outcome, refuse

from .body import ClientDisconnected
from .compression import Packer, accepts_gzip
from .freshness import VARY, Freshness
from .header_rules import HeaderRules
from .http_request import HttpRequest
from .negotiation import MediaType, choose_status
from .parts import PartsWriter, watch_client
from .response_head import write_lines

_CONTENT_TYPE = {
    media_type: (b"content-type", f"{media_type}; charset=utf-8".encode())
    for media_type in MediaType
}
_VARY = (b"vary", VARY.encode())
_GZIP = (b"content-encoding", b"gzip")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")

_OUT_OF_TIME = "The gateway is shutting down; this request did not finish in time."


class ReplyWriter:
    """Writes replies.

    Args:
        config: statuses, compression, caching.
        header_rules: what answers may depend on besides the headers to forward.
    """

    def __init__(self, config: GatewayConfig, header_rules: HeaderRules | None) -> None:
        self._strict_status = config.server.strict_status
        self._compress_min_bytes = config.server.compress_min_bytes
        self._packer = Packer(keeps_last=config.traffic.coalesce_queries)
        varying = config.headers.forward if header_rules is None else header_rules.varying()
        self._freshness = Freshness(varying) if config.cache_control.enabled else None
        untold = (_VARY,) if self._freshness is None else ()
        self._common = {
            media_type: (content_type, _NO_SNIFFING, *untold)
            for media_type, content_type in _CONTENT_TYPE.items()
        }
        self._common_lines = {
            media_type: write_lines(headers) for media_type, headers in self._common.items()
        }

    async def send(
        self, request: HttpRequest, media_type: MediaType, answer: Answer, send: Send
    ) -> None:
        """Write an answer in one piece.

        Raises:
            ClientDisconnected: there was nobody to read it.
        """
        status = 200
        if answer.outcome is not Outcome.COMPLETE:
            status = choose_status(answer, media_type, strict=self._strict_status)
        body = answer.body
        own: list[tuple[bytes, bytes]] = []
        if self._freshness is not None:
            mark = self._freshness.mark(answer, request.headers, request.scope["method"])
            own += mark.headers
            if mark.is_unchanged:
                status, body = 304, b""
        size_bytes = len(body)
        least = self._compress_min_bytes
        if least and size_bytes >= least and accepts_gzip(request.headers.get("accept-encoding")):
            body = await self._packer.pack(body)
            own.append(_GZIP)
        if answer.headers:
            own += [(name.encode(), value.encode()) for name, value in answer.headers]
        request_id = request.record.request_id.encode()
        is_written = False
        # The headers of a refusal may end the connection, which is for `send` to see.
        if request.exchange is not None and answer.outcome is not Outcome.REFUSED:
            lines = b"%bx-request-id: %b\r\n" % (self._common_lines[media_type], request_id)
            if own:
                lines += write_lines(own)
            is_written = request.exchange.answer(status, lines, body)
        if not is_written:
            headers = [*self._common[media_type], (b"x-request-id", request_id), *own]
            if status != 304:
                headers.append((b"content-length", str(len(body)).encode()))
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        if request.presence.is_gone:
            raise ClientDisconnected
        request.record.status, request.record.size_bytes = status, size_bytes

    async def send_shutdown(self, request: HttpRequest, send: Send) -> None:
        """Say that the time to finish is over."""
        request.record.add_code(NotReady.code)
        await self.send(request, MediaType.JSON, refuse(NotReady(_OUT_OF_TIME)), send)

    async def send_parts(
        self, request: HttpRequest, answer: Answer, parts: LaterParts, send: Send
    ) -> None:
        """Write an answer in parts as they come; whatever happens, ``parts`` is closed.

        Raises:
            ClientDisconnected: the client left before the last one.
        """
        assert answer.incremental is not None  # noqa: S101 - it has parts
        own = ((name.encode(), value.encode()) for name, value in answer.headers)
        record = request.record
        headers = (_NO_SNIFFING, _VARY, (b"x-request-id", record.request_id.encode()), *own)
        writer = PartsWriter(answer.incremental, send)
        watching = asyncio.create_task(watch_client(request.receive, request.presence))
        try:
            async with aclosing(parts):
                await writer.begin(answer.body, headers)
                async for part in parts:
                    await writer.add(part)
                await writer.end()
        except asyncio.CancelledError:
            if request.presence.is_gone:
                raise ClientDisconnected from None
            # The time to finish is over. Whoever waits is told, and the server goes on stopping.
            record.add_code(NotReady.code)
            if writer.has_begun:
                await writer.add(parts.cut_short(NotReady(_OUT_OF_TIME)))
                await writer.end()
            raise
        finally:
            record.status, record.size_bytes = 200, writer.size_bytes
            watching.cancel()
            await asyncio.wait((watching,))
        if request.presence.is_gone:
            raise ClientDisconnected
