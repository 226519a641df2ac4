"""Reads a request's body, no further than the limit and no longer than the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping

from starlette.types import Receive

from gateway.errors import BodyTimeout, BodyTooLarge, ContentTypeRefused, HeaderInvalid
from shared.alarm import Alarm

from .exchange import Exchange


class ClientDisconnected(Exception):
    """The client is gone; there is nobody to answer."""


async def read_body(
    headers: Mapping[str, str],
    receive: Receive,
    *,
    exchange: Exchange | None = None,
    max_bytes: int,
    timeout_seconds: float,
    loop: asyncio.AbstractEventLoop,
) -> bytes:
    """Return the body; what ``exchange`` has of it already needs no waiting.

    Raises:
        BodyTooLarge: it is longer than ``max_bytes``, by its header or by what arrived.
        BodyTimeout: it did not arrive in ``timeout_seconds``.
        ContentTypeRefused: it is compressed.
        HeaderInvalid: ``Content-Length`` is no number.
        ClientDisconnected: the client is gone.
    """
    check_length(headers, max_bytes)
    body = None if exchange is None else exchange.take_whole_body()
    if body is not None:
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        return body
    try:
        with Alarm(loop, loop.time() + timeout_seconds):
            return await _collect(receive, max_bytes)
    except TimeoutError:
        raise BodyTimeout("The body did not arrive in time.") from None


def check_length(headers: Mapping[str, str], max_bytes: int) -> None:
    """Refuse a body by what its headers say, before any of it is read.

    Raises:
        BodyTooLarge: it is longer than ``max_bytes``.
        ContentTypeRefused: it is compressed.
        HeaderInvalid: ``Content-Length`` is no number.
    """
    encoding = headers.get("content-encoding")
    if encoding is not None and encoding.lower() != "identity":
        raise ContentTypeRefused("Compressed request bodies are not read. Send it as it is.")
    length = headers.get("content-length")
    if length is None:
        return
    if not (length.isascii() and length.isdecimal()):
        raise HeaderInvalid("Content-Length must be a number.")
    if len(length) > 15 or int(length) > max_bytes:
        raise _too_large(max_bytes)


async def _collect(receive: Receive, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size, has_more = 0, True
    while has_more:
        chunk, has_more = await _next_piece(receive, max_bytes, size)
        size += len(chunk)
        chunks.append(chunk)
    return b"".join(chunks)


async def stream_body(receive: Receive, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield the body in pieces as they arrive.

    Raises:
        BodyTooLarge: it is longer than ``max_bytes``.
        ClientDisconnected: the client is gone.
    """
    size, has_more = 0, True
    while has_more:
        chunk, has_more = await _next_piece(receive, max_bytes, size)
        size += len(chunk)
        yield chunk


async def _next_piece(receive: Receive, max_bytes: int, size: int) -> tuple[bytes, bool]:
    """Return the next piece after ``size`` bytes, and whether others follow."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnected
    chunk: bytes = message.get("body", b"")
    if size + len(chunk) > max_bytes:
        raise _too_large(max_bytes)
    return chunk, message.get("more_body", False)


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than the {max_bytes} bytes that are read.")
