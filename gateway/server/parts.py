"""Writes an answer in parts, each as soon as it is there.

Spec: incremental delivery over HTTP (draft); RFC 2046, 5.1 (Multipart). A delimiter follows every part at once, since
clients take a part for whole when they see the next one's. Nothing is compressed: that would hold parts back.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Receive, Send

from gateway.execution.incremental_format import IncrementalFormat
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


class PartsWriter:
    """Writes the parts of one answer.

    Args:
        how: the format that they are written in.
        send: takes the messages of ASGI.
    """

    def __init__(self, how: IncrementalFormat, send: Send) -> None:
        self.size_bytes = 0
        """What has been written."""

        self.has_begun = False
        self._how = how
        self._send = send

    async def begin(self, first: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Write the head of the response and its first part."""
        start = [_CONTENT_TYPE[self._how], _UNBUFFERED, *headers]
        await self._send({"type": "http.response.start", "status": 200, "headers": start})
        self.has_begun = True
        await self._write(_DELIMITER + _PART_HEAD + first + _DELIMITER)

    async def add(self, part: bytes) -> None:
        """Write a part after the first."""
        await self._write(_PART_HEAD + part + _DELIMITER)

    async def end(self) -> None:
        """Say that there are no more."""
        await self._write(_END, more_body=False)

    async def _write(self, body: bytes, *, more_body: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more_body})
        self.size_bytes += len(body)


async def watch_client(receive: Receive, presence: Presence) -> None:
    """Take note when the client leaves; servers tell whoever waits for more of a request that is read."""
    message = await receive()
    while message["type"] != "http.disconnect":
        # The body of a GET, which nobody has asked for yet.
        message = await receive()
    presence.leave()
