"""HTTP/1.1: one connection that carries one exchange after the other, and the connections to one address.

httptools (the parser of Node.js) reads what comes back. Nothing is pipelined: a connection with an exchange on it is
nobody else's, and one whose exchange did not end cleanly is closed, never used again.

Spec: RFC 9112.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from math import inf
from time import monotonic
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from .address import Address, connect
from .base import SubgraphResponse
from .deadlines import Deadlines
from .exchange import (
    ConnectionLost,
    Message,
    NotConnected,
    ProtocolViolated,
    ReplyTooLarge,
    StreamedBody,
)
from .response_headers import ResponseHeaders

HEAD_BYTES = 64 * 1024
"""What a reply's head, and the framing of its body, may take beyond the body."""


class ConnectionState(StrEnum):
    """What a connection is doing."""

    IDLE = "idle"
    WAITING = "waiting"
    """Something was asked, and nothing has come back yet."""

    READING = "reading"
    COMPLETE = "complete"
    """The reply is all there; what else the server sends is too much."""

    CLOSED = "closed"


# Looking a member up costs as much as calling a small function, and an exchange asks for the state a dozen times.
_IDLE = ConnectionState.IDLE
_WAITING = ConnectionState.WAITING
_READING = ConnectionState.READING
_COMPLETE = ConnectionState.COMPLETE
_CLOSED = ConnectionState.CLOSED


class Http1Connection(asyncio.Protocol):
    """One connection.

    Args:
        on_idle: called when an exchange ended and the connection can carry another.
        on_closed: called when it can carry none any more.
    """

    def __init__(
        self,
        on_idle: Callable[[Http1Connection], None],
        on_closed: Callable[[Http1Connection], None],
    ) -> None:
        self._on_idle = on_idle
        self._on_closed = on_closed
        self._parser = HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[SubgraphResponse] | None = None
        self._early: list[bytes] = []
        """What came before the chunk in which the head ends."""

        self._has_head = False
        self._headers: ResponseHeaders | None = None
        """Of a reply whose head has ended in an earlier chunk."""

        self._chunks: list[bytes] = []
        self._status = 0
        self._can_stay = False
        self._is_sending = False
        self._drained: asyncio.Future[None] | None = None
        self._max_body_bytes = 0
        self._room_bytes = 0
        self._exchanges = 0
        self.state = _IDLE
        self.opened_at = monotonic()
        self.idle_since = 0.0
        self.deadline = inf

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked: idle, and not about to end."""
        return (
            self.state is _IDLE and self._transport is not None and not self._transport.is_closing()
        )

    def ask(
        self,
        data: bytes,
        *,
        max_body_bytes: int,
        loop: asyncio.AbstractEventLoop,
        has_more: bool = False,
    ) -> asyncio.Future[SubgraphResponse]:
        """Send a request and return its reply to come. Only an idle connection may be asked.

        With ``has_more``, ``pour`` has to send the rest.
        """
        if self.state is not _IDLE or self._transport is None:
            raise RuntimeError(f"A connection that is {self.state} cannot be asked.")
        self.state = _WAITING
        self._exchanges += 1
        self._max_body_bytes = max_body_bytes
        self._room_bytes = max_body_bytes + HEAD_BYTES
        self._is_sending = has_more
        self._reply = reply = loop.create_future()
        self._transport.write(data)
        return reply

    async def pour(
        self, chunks: AsyncIterator[bytes], reply: asyncio.Future[SubgraphResponse]
    ) -> None:
        """Send the rest of a request, as fast as the server takes it; stop when it has replied before."""
        async for chunk in chunks:
            if reply.done() or self._transport is None:
                return
            self._transport.write(chunk)
            if self._drained is not None:
                either: set[asyncio.Future[Any]] = {self._drained, reply}
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        self._is_sending = False

    def fail(self, problem: Exception) -> None:
        """End the exchange, if there is one, and the connection."""
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():
            reply.set_exception(problem)
        self.close()

    def close(self) -> None:
        """End the connection at once. Whoever waits for a reply is not told: see ``fail``."""
        if self.state is _CLOSED:
            return
        self.state = _CLOSED
        self._on_closed(self)
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment] # of a stream, it is an asyncio.Transport

    def pause_writing(self) -> None:
        """Let ``pour`` wait."""
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """Let ``pour`` go on."""
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._reply is None:
            self.close()  # nobody has asked: a server that is about to close, or one that is confused
            return
        self._room_bytes -= len(data)
        if self._room_bytes < 0:
            self.fail(ReplyTooLarge())
            return
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self.state is not _COMPLETE:
                self.fail(ProtocolViolated(f"{type(error).__name__}: {error}"))
                return
            self._can_stay = False  # the reply is good, what follows it is not
        if self.state is _COMPLETE:
            self._finish(data)
        elif not self._has_head:
            self._early.append(data)
        elif self._headers is None:
            self._headers = self._read_head(data, sum(map(len, self._chunks)))
            # The parser has seen to it that it is a number.
            if int(self._headers.get("content-length", "0")) > self._max_body_bytes:
                self.fail(ReplyTooLarge())

    def connection_lost(self, error: Exception | None) -> None:
        """End the exchange; a body without a length ends with its connection."""
        self._transport = None
        if self._reply is not None and self._headers is not None and error is None:
            is_framed = "content-length" in self._headers or "transfer-encoding" in self._headers
            if not is_framed:
                self._can_stay = False
                self._status = self._parser.get_status_code()
                self._finish(b"")
                return
        is_stale = self.state is _WAITING and self._exchanges > 1
        cause = "it was closed" if error is None else f"{type(error).__name__}: {error}"
        self.fail(ConnectionLost(f"The connection broke: {cause}", is_stale=is_stale))

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Take note that a reply starts; there is one to a request."""
        if self.state is _WAITING:
            self.state = _READING
        elif self.state is _COMPLETE:
            self._can_stay = False

    def on_headers_complete(self) -> None:
        """Take note that the head is all there."""
        self._has_head = True

    def on_body(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        if self.state is _READING:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        """Take note that the reply is all there, unless it was one that says that another comes."""
        if self.state is not _READING:
            return
        self._status = self._parser.get_status_code()
        if self._status < 200:
            self._has_head = False
            return
        self.state = _COMPLETE
        self._can_stay = self._parser.should_keep_alive()

    def _read_head(self, data: bytes, body_bytes: int) -> ResponseHeaders:
        """Return the headers of a head that ends in ``data``, and is followed by as much of the body."""
        if self._early:
            data = b"".join((*self._early, data))
        # Framing may stay behind the head, and is little; the body must not be kept along with it.
        return ResponseHeaders(data[: len(data) - body_bytes])

    def _finish(self, data: bytes) -> None:
        """Hand over the reply that ends in ``data``; the connection is free before whoever waits for it goes on."""
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        headers = self._headers
        if headers is None:
            headers = self._read_head(data, len(body))
        result = SubgraphResponse(self._status, body, headers, headers.content_coding())
        reply, self._reply = self._reply, None
        self._chunks = []
        self._has_head = False
        if self._early:
            self._early = []
        self._headers = None
        transport = self._transport
        if (
            self._can_stay
            and not self._is_sending
            and transport is not None
            and not transport.get_write_buffer_size()
        ):
            self.state = _IDLE
            self._on_idle(self)
        else:
            self.close()  # among others when the reply came before the request was all sent
        if reply is not None and not reply.done():
            reply.set_result(result)


class Http1Origin:
    """The connections to one address, opened as they are needed and kept while they are used.

    Args:
        address: where it is.
        request_line: the request line and the headers that all requests share, as lines, without the content type.
        max_body_bytes: the longest body that is read, before decompression.
    """

    def __init__(self, address: Address, request_line: bytes, *, max_body_bytes: int) -> None:
        self._address = address
        self._prefix = request_line
        self._json_prefix = request_line + b"content-type: application/json\r\n"
        self._max_body_bytes = max_body_bytes
        self._idle: list[Http1Connection] = []
        """The one used last comes last, and is used first: the others may grow old."""

        self._deadlines: Deadlines[Http1Connection] = Deadlines()
        self._busy = self._deadlines.watched
        self._sweeping: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    async def exchange(
        self, message: Message, *, deadline: float, fresh: bool = False
    ) -> SubgraphResponse:
        """Send ``message`` and wait for the whole reply. See ``Origin``."""
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        connection = None if fresh else self._take_idle()
        if connection is None:
            connection = await self._connect(loop, deadline)
        if message.stream is not None:
            return await self._exchange_stream(connection, message, message.stream, deadline)
        body = message.body
        length = b"content-length: %d\r\n\r\n" % len(body)
        if message.coding is not None:
            length = b"content-encoding: %b\r\n%b" % (message.coding.encode(), length)
        data = b"".join((self._json_prefix, message.headers.text, length, body))
        self._deadlines.add(connection, deadline, loop)
        try:
            return await connection.ask(data, max_body_bytes=self._max_body_bytes, loop=loop)
        except BaseException:
            connection.close()  # of a caller who leaves: the reply would be taken for the next one's
            raise

    async def _exchange_stream(
        self, connection: Http1Connection, message: Message, stream: StreamedBody, deadline: float
    ) -> SubgraphResponse:
        loop = asyncio.get_running_loop()
        framing = (
            f"content-type: {stream.content_type}\r\ncontent-length: {stream.size_bytes}\r\n\r\n"
        )
        head = b"".join((self._prefix, message.headers.text, framing.encode("latin-1")))
        self._deadlines.add(connection, deadline, loop)
        try:
            reply = connection.ask(
                head, max_body_bytes=self._max_body_bytes, loop=loop, has_more=True
            )
            await connection.pour(stream.chunks(), reply)
            return await reply
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close all connections; exchanges under way fail."""
        self._is_closed = True
        for connection in [*self._idle, *self._busy]:
            connection.fail(ConnectionLost("The connections to subgraphs are closed."))
        self._deadlines.close()
        if self._sweeping is not None:
            self._sweeping.cancel()

    def _take_idle(self) -> Http1Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
        return None

    async def _connect(self, loop: asyncio.AbstractEventLoop, deadline: float) -> Http1Connection:
        connection = await connect(
            loop,
            lambda: Http1Connection(self._keep, self._forget),
            self._address,
            deadline=deadline,
        )
        if self._is_closed:
            connection.close()
            raise NotConnected("The connections to subgraphs are closed.")
        return connection

    def _keep(self, connection: Http1Connection) -> None:
        """Take back a connection whose exchange has ended."""
        self._busy.discard(connection)
        now = monotonic()
        if self._is_closed or now - connection.opened_at >= self._address.max_age_seconds:
            connection.close()
            return
        connection.idle_since = now
        self._idle.append(connection)
        if self._sweeping is None:
            self._sweep_in(self._address.keep_alive_seconds)

    def _forget(self, connection: Http1Connection) -> None:
        self._busy.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def _sweep_in(self, seconds: float) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        """Close what has idled for too long; those that have idled longest come first."""
        self._sweeping = None
        until = monotonic() - self._address.keep_alive_seconds
        while self._idle and self._idle[0].idle_since <= until:
            self._idle[0].close()
        if self._idle:
            self._sweep_in(max(0.01, self._idle[0].idle_since - until))
