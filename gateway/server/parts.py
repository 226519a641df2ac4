"""Writes an answer in parts, each as soon as it is there.

Spec: incremental delivery over HTTP (draft); RFC 2046, 5.1 (Multipart). A delimiter follows every part at once, since
clients take a part for whole when they see the next one's. Nothing is compressed: that would hold parts back.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing

from starlette.types import Receive, Send

from gateway.execution.incremental_format import IncrementalFormat
from gateway.pipeline.answer import LaterParts
from gateway.pipeline.presence import Presence

from .negotiation import MULTIPART

_DELIMITER = b"\r\n---"
_PART_HEAD = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"
_END = b"--\r\n"
_CONTENT_TYPE = {
    how: (b"content-type", f'{MULTIPART}; boundary="-"; {how}'.encode())
    for how in IncrementalFormat
}
_UNBUFFERED = (b"x-accel-buffering", b"no")
"""Asks proxies to pass parts on as they come."""


async def send_parts(
    first: bytes,
    parts: LaterParts,
    *,
    how: IncrementalFormat,
    headers: Iterable[tuple[bytes, bytes]],
    send: Send,
) -> int:
    """Write all parts, and return how many bytes they were; whatever happens, ``parts`` is closed."""
    size = 0

    async def write(body: bytes, *, more_body: bool = True) -> None:
        nonlocal size
        size += len(body)
        await send({"type": "http.response.body", "body": body, "more_body": more_body})

    async with aclosing(parts):
        start = [_CONTENT_TYPE[how], _UNBUFFERED, *headers]
        await send({"type": "http.response.start", "status": 200, "headers": start})
        await write(_DELIMITER + _PART_HEAD + first + _DELIMITER)
        async for part in parts:
            await write(_PART_HEAD + part + _DELIMITER)
        await write(_END, more_body=False)
    return size


async def watch_client(receive: Receive, presence: Presence) -> None:
    """Take note when the client leaves; servers tell whoever waits for more of a request that is read."""
    message = await receive()
    while message["type"] != "http.disconnect":
        # The body of a GET, which nobody has asked for yet.
        message = await receive()
    presence.leave()
