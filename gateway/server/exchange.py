"""One request of a client's connection and its answer: what an ASGI app calls to read the one and to write the other.

Spec: ASGI 3.0, HTTP. Why not uvicorn's own: ``docs/decisions/0011``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from starlette.types import Message
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl

from shared.logging import get_logger

from .response_head import ResponseHead, write_head, write_whole_head

EXCHANGE = "cattery.exchange"
"""Key of the ASGI scope: the ``Exchange``, for an app that wants to know more than ASGI tells."""

_JOINED_UP_TO_BYTES = 16_384
"""A body of up to this size is copied behind its head: cheaper than to write the two one after the other."""

_WHOLE = ResponseHead(b"")
"""The head of an answer that was written as one."""

_log = get_logger(__name__)


class Line(Protocol):
    """The connection, as far as an exchange needs it."""

    transport: asyncio.Transport
    flow: FlowControl
    tasks: set[asyncio.Task[None]]
    """What works on requests, of this connection and of others."""

    def default_lines(self) -> bytes:
        """Return the header lines that every answer has."""

    def on_answered(self) -> None:
        """Take note that the answer in hand is written."""


class Exchange:
    """A request and its answer.

    Args:
        line: where they come from and go to.
        method: of the request.
        is_old: whether the client speaks HTTP/1.0.
        keep_alive: whether the connection is to be used again.
        expects_continue: whether the client waits to be told that its body is wanted.
    """

    __slots__ = (
        "_expects_continue", "_has_news", "_has_whole_body", "_head", "_is_head_written", "_is_old", "_is_to_head",
        "_left_bytes", "_line", "_news", "_pieces", "_unread_bytes", "is_answered", "is_gone", "keep_alive",
        "on_client_left", "task",
    )  # fmt: skip

    def __init__(
        self, line: Line, method: str, *, is_old: bool, keep_alive: bool, expects_continue: bool
    ) -> None:
        self._line = line
        self.keep_alive = keep_alive
        self.task: asyncio.Task[None] | None = None
        """What works on the request."""

        self.is_gone = False
        """Whether the client is."""

        self.is_answered = False
        self.on_client_left: Callable[[], None] | None = None
        """Called when the connection ends before the answer is complete."""

        self._expects_continue = expects_continue
        self._pieces: list[bytes] = []
        self._unread_bytes = 0
        self._has_whole_body = False
        self._has_news = False
        self._news: asyncio.Event | None = None

        self._is_old = is_old
        self._is_to_head = method == "HEAD"
        self._head: ResponseHead | None = None
        self._is_head_written = False
        self._left_bytes = 0
        """Of the body, when its length is known."""

    @property
    def has_begun(self) -> bool:
        """Whether there is an answer, or the head of one."""
        return self._head is not None

    def take_whole_body(self) -> bytes | None:
        """Return the body if all of it is there and none of it was read; else ``receive`` is to be used."""
        if not self._has_whole_body or self._expects_continue or self.is_gone:
            return None
        self._has_news = False
        return self._take()

    async def receive(self) -> Message:
        """Wait for a piece of the body, or for the client to leave."""
        line = self._line
        if self._expects_continue and not line.transport.is_closing():
            line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._expects_continue = False
        if not self.is_gone and not self.is_answered:
            line.flow.resume_reading()
            if not self._has_news:
                await self._wait()
            self._has_news = False
        if self.is_gone or self.is_answered:
            return {"type": "http.disconnect"}
        return {
            "type": "http.request",
            "body": self._take(),
            "more_body": not self._has_whole_body,
        }

    async def send(self, message: Message) -> None:
        """Write a part of the answer. The head is held back until there is a part of the body, as ASGI wants it.

        Raises:
            RuntimeError: it does not follow on what has been sent, or cannot be written.
        """
        flow = self._line.flow
        if flow.write_paused and not self.is_gone:
            await flow.drain()
        if self.is_gone:
            return
        kind = message["type"]
        if kind == "http.response.start" and self._head is None:
            self._begin(message["status"], message.get("headers", ()))
        elif kind == "http.response.body" and self._head is not None and not self.is_answered:
            self._write(
                message.get("body", b""), self._head, has_more=message.get("more_body", False)
            )
        else:
            raise RuntimeError(f"{kind!r} does not follow on what has been sent.")

    def answer(self, status: int, lines: bytes, body: bytes) -> bool:
        """Write a whole answer if that can be done at once; else ``send`` is to be used.

        Args:
            status: of the answer.
            lines: its headers (``write_lines``), but for the length of the body, which is added.
            body: its body.

        Raises:
            RuntimeError: there is an answer already.
        """
        line = self._line
        if line.flow.write_paused or self.is_gone:
            return False
        if self._head is not None:
            raise RuntimeError("There is an answer already.")
        self._expects_continue = False
        self._head = _WHOLE
        lines = line.default_lines() + lines
        head = write_whole_head(status, lines, len(body), keep_alive=self.keep_alive)
        self._put(head, b"" if self._is_to_head else body)
        self._finish()
        return True

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the request's body."""
        if self.is_answered:
            return
        self._pieces.append(piece)
        self._unread_bytes += len(piece)
        if self._unread_bytes > HIGH_WATER_LIMIT:
            self._line.flow.pause_reading()
        self._tell()

    def on_body_end(self) -> None:
        """Take note that the request is complete."""
        self._has_whole_body = True
        self._tell()

    def on_connection_lost(self) -> None:
        """Take note that the client is gone."""
        if self.is_answered:
            return
        self.is_gone = True
        self._tell()
        if self.on_client_left is not None:
            self.on_client_left()

    def on_end(self, task: asyncio.Task[None]) -> None:
        """See to it that the client is not left waiting, however the app has ended."""
        self.task = None
        self._line.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("request failed", exc_info=error)
        elif self.is_answered or self.is_gone:
            return
        elif not task.cancelled():
            _log.error("request left without an answer")
        self._break_off()

    def _begin(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> ResponseHead:
        head = write_head(
            status,
            headers,
            default_lines=self._line.default_lines(),
            is_to_head=self._is_to_head,
            keep_alive=self.keep_alive,
            takes_chunks=not self._is_old,
        )
        self._expects_continue = False
        self._head = head
        self._left_bytes = head.length or 0
        return head

    def _write(self, body: bytes, head: ResponseHead, *, has_more: bool) -> None:
        if not head.has_body:
            body = b""
        elif head.is_chunked:
            end = b"" if has_more else b"0\r\n\r\n"
            body = b"%x\r\n%b\r\n%b" % (len(body), body, end) if body else end
        elif head.length is not None:
            self._left_bytes -= len(body)
            if self._left_bytes < 0 or (self._left_bytes and not has_more):
                raise RuntimeError(f"The body is not of the {head.length} bytes announced.")
        if self._is_head_written:
            self._line.transport.write(body)
        else:
            self._put(head.text, body)
        if not has_more:
            if head.closes:
                self.keep_alive = False
            self._finish()

    def _put(self, head: bytes, body: bytes) -> None:
        self._is_head_written = True
        transport = self._line.transport
        if len(body) <= _JOINED_UP_TO_BYTES:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)

    def _finish(self) -> None:
        self.is_answered = True
        self._tell()
        if not self.keep_alive:
            self._line.transport.close()
        self._line.on_answered()

    def _break_off(self) -> None:
        transport = self._line.transport
        if not self._is_head_written and not self.is_gone and not transport.is_closing():
            # What is held back of an answer is not going to be one.
            body = b"Internal Server Error"
            self.keep_alive = False
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
            ]
            self._write(body, self._begin(500, headers), has_more=False)
        transport.close()

    def _tell(self) -> None:
        self._has_news = True
        if self._news is not None:
            self._news.set()

    async def _wait(self) -> None:
        # Made when it is needed only: the body of most requests is there before anybody asks for it.
        if self._news is None:
            self._news = asyncio.Event()
        self._news.clear()
        await self._news.wait()

    def _take(self) -> bytes:
        pieces = self._pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._pieces = []
        self._unread_bytes = 0
        return body
