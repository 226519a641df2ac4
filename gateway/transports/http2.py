"""HTTP/2: many exchanges at once over one connection to an address.

h2 keeps the protocol's state; this module moves bytes, waits for windows, and tells each exchange what became of it.

Spec: RFC 9113.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from math import inf
from time import monotonic

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError, StreamClosedError
from h2.settings import SettingCodes

from .address import Address, connect
from .base import SubgraphResponse
from .deadlines import Deadlines
from .exchange import (
    ConnectionLost,
    DeadlinePassed,
    Message,
    NotConnected,
    ProtocolViolated,
    ReplyTooLarge,
)
from .http1 import Http1Origin
from .response_headers import ResponseHeaders

_STREAM_WINDOW_BYTES = 1024 * 1024
_CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024
"""How much a server may send before it hears that it was read: small windows make large answers wait."""

_SETTINGS_FRAME = b"\x04"
"""The type of the first frame that a server sends, the fourth byte of all."""

_RETRYABLE = frozenset({ErrorCodes.REFUSED_STREAM, ErrorCodes.ENHANCE_YOUR_CALM})


class NotHttp2(Exception):
    """The server does not agree to HTTP/2."""


class _Exchange:
    """One request and its reply: one stream."""

    def __init__(
        self, connection: Http2Connection, stream_id: int, reply: asyncio.Future[SubgraphResponse]
    ) -> None:
        self._connection = connection
        self.stream_id = stream_id
        self.reply = reply
        self.deadline = inf
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.chunks: list[bytes] = []
        self.size_bytes = 0
        self.has_begun = False
        self.started_at = monotonic()

    def fail(self, problem: Exception) -> None:
        """End without a reply; the server is told that it need not go on."""
        if isinstance(problem, DeadlinePassed) and self._connection.heard_at < self.started_at:
            # Nothing has come since, for nobody: the other end may be gone without a word.
            self._connection.leave()
        self._connection.end(self, ErrorCodes.CANCEL)
        if not self.reply.done():
            self.reply.set_exception(problem)

    def finish(self) -> None:
        """Hand over the reply."""
        if not self.reply.done():
            headers = ResponseHeaders(self.headers)
            body = b"".join(self.chunks)
            self.reply.set_result(
                SubgraphResponse(self.status, body, headers, headers.content_coding())
            )


class Http2Connection(asyncio.Protocol):
    """One connection.

    Args:
        on_change: called when it may have become idle, or can carry no new exchange any more.
        deadlines: watches its exchanges.
        max_body_bytes: the longest body that is read.
    """

    def __init__(
        self,
        on_change: Callable[[Http2Connection], None],
        deadlines: Deadlines[_Exchange],
        *,
        max_body_bytes: int,
    ) -> None:
        self._on_change = on_change
        self._deadlines = deadlines
        self._max_body_bytes = max_body_bytes
        self._h2 = H2Connection(
            H2Configuration(client_side=True, header_encoding=None, validate_outbound_headers=False)
        )
        self._transport: asyncio.Transport | None = None
        self._exchanges: dict[int, _Exchange] = {}
        self._window: asyncio.Future[None] | None = None
        self._is_leaving = False
        self._is_greeted = False
        self.opened_at = self.idle_since = self.heard_at = monotonic()
        self.is_http2 = True
        self._carried = 0

    @property
    def is_idle(self) -> bool:
        """Whether no exchange is under way."""
        return not self._exchanges

    @property
    def has_room(self) -> bool:
        """Whether it can carry one exchange more."""
        return (
            not self._is_leaving
            and self._transport is not None
            and not self._transport.is_closing()
            and len(self._exchanges) < self._h2.remote_settings.max_concurrent_streams
        )

    def start(
        self, headers: list[tuple[bytes, bytes]], loop: asyncio.AbstractEventLoop
    ) -> _Exchange:
        """Send the head of a request; ``send_body`` has to follow."""
        stream_id = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream_id, headers)
        exchange = _Exchange(self, stream_id, loop.create_future())
        self._exchanges[stream_id] = exchange
        self._carried += 1
        return exchange

    async def send_body(self, exchange: _Exchange, body: bytes, *, is_last: bool) -> None:
        """Send a piece of a body, as fast as the server's windows allow; stop when it has replied before."""
        rest = memoryview(body)
        stream_id = exchange.stream_id
        while not exchange.reply.done() and stream_id in self._exchanges:
            room = min(
                self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size
            )
            if room <= 0 and rest:
                self._flush()
                await self._wait_for_window(exchange)
                continue
            piece, rest = rest[:room], rest[room:]
            self._h2.send_data(stream_id, bytes(piece), end_stream=is_last and not rest)
            if not rest:
                break
        self._flush()

    def end(self, exchange: _Exchange, code: ErrorCodes | None) -> None:
        """Forget an exchange; with a ``code``, the server is told to stop as well."""
        self._deadlines.watched.discard(exchange)
        if self._exchanges.pop(exchange.stream_id, None) is None:
            return
        if code is not None and self._transport is not None:
            with suppress(StreamClosedError, ProtocolError):  # it has ended just now
                self._h2.reset_stream(exchange.stream_id, error_code=code)
                self._flush()
        if not self._exchanges:
            self.idle_since = monotonic()
            if self._is_leaving:
                self.close()
        self._on_change(self)

    def leave(self) -> None:
        """Take no more exchanges; end when the last is done."""
        self._is_leaving = True
        if not self._exchanges:
            self.close()

    def close(self) -> None:
        """End the connection at once."""
        self._is_leaving = True
        if self._transport is not None:
            self._transport.abort()

    def fail_all(self, problem: Exception) -> None:
        """End the connection and all exchanges on it."""
        self._is_leaving = True
        for exchange in list(self._exchanges.values()):
            self.end(exchange, None)
            if not exchange.reply.done():
                exchange.reply.set_exception(problem)
        self.close()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open the protocol, if the server has agreed to it."""
        self._transport = transport  # type: ignore[assignment] # of a stream, it is an asyncio.Transport
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() != "h2":
            self.is_http2 = False
            return
        self._h2.initiate_connection()
        self._h2.update_settings(
            {SettingCodes.ENABLE_PUSH: 0, SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_WINDOW_BYTES}
        )
        self._h2.increment_flow_control_window(_CONNECTION_WINDOW_BYTES)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if not self._is_greeted:
            # h2 would wait for the whole of a frame of 4.7 MB, which is how it reads "HTTP".
            self._is_greeted = True
            if data[3:4] != _SETTINGS_FRAME:
                self.fail_all(ProtocolViolated(f"The server does not speak HTTP/2: {data[:20]!r}"))
                return
        self.heard_at = monotonic()
        try:
            events = self._h2.receive_data(data)
        except (ProtocolError, ValueError, IndexError) as error:
            self._flush()  # h2 has written why
            self.fail_all(ProtocolViolated(f"{type(error).__name__}: {error}"))
            return
        for event in events:
            self._on_event(event)
        self._flush()
        window, self._window = self._window, None
        if window is not None and not window.done():
            window.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """End all exchanges."""
        self._transport = None
        self._is_leaving = True
        cause = "it was closed" if error is None else f"{type(error).__name__}: {error}"
        for exchange in list(self._exchanges.values()):
            is_stale = self._carried > len(self._exchanges) and not exchange.has_begun
            self.end(exchange, None)
            if not exchange.reply.done():
                exchange.reply.set_exception(
                    ConnectionLost(f"The connection broke: {cause}", is_stale=is_stale)
                )
        self._on_change(self)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self._on_goaway(event)
            return
        stream_id = getattr(event, "stream_id", None)
        exchange = None if stream_id is None else self._exchanges.get(stream_id)
        if isinstance(event, DataReceived):
            # The connection's window must be given back even for streams that nobody reads any more.
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        if exchange is None:
            return
        match event:
            case ResponseReceived():
                exchange.has_begun = True
                self._on_headers(exchange, event)
            case DataReceived():
                exchange.size_bytes += len(event.data)
                exchange.chunks.append(event.data)
                if exchange.size_bytes > self._max_body_bytes:
                    exchange.fail(ReplyTooLarge())
            case StreamEnded():
                # A server that replies early need not read the rest of the request.
                is_open = exchange.stream_id in self._h2.streams
                self.end(exchange, ErrorCodes.CANCEL if is_open else None)
                exchange.finish()
            case StreamReset():
                self.end(exchange, None)
                if not exchange.reply.done():
                    exchange.reply.set_exception(
                        ConnectionLost(
                            f"The server ended the stream with code {event.error_code}.",
                            is_stale=event.error_code in _RETRYABLE,
                        )
                    )
            case _:
                pass

    def _on_headers(self, exchange: _Exchange, event: ResponseReceived) -> None:
        for name, value in event.headers:
            if name == b":status":
                exchange.status = int(value)
            else:
                exchange.headers.append((bytes(name), bytes(value)))

    def _on_goaway(self, event: ConnectionTerminated) -> None:
        """Let what the server still works on end; what it has not looked at is told so."""
        last = event.last_stream_id or 0
        for exchange in [one for one in self._exchanges.values() if one.stream_id > last]:
            self.end(exchange, None)
            if not exchange.reply.done():
                exchange.reply.set_exception(
                    ConnectionLost("The server is leaving.", is_stale=True)
                )
        if event.error_code == ErrorCodes.NO_ERROR:
            # h2 takes the connection for closed, though streams that were open may end well.
            self._h2.state_machine.state = ConnectionState.CLIENT_OPEN
        self.leave()
        self._on_change(self)

    async def _wait_for_window(self, exchange: _Exchange) -> None:
        if self._window is None:
            self._window = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._window, exchange.reply}, return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]

    def _flush(self) -> None:
        data = self._h2.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)


class Http2Origin:
    """The connections to one address: one, and others when a server takes fewer streams than there are calls.

    Args:
        address: where it is; its TLS context, if any, must offer ``h2``.
        headers: pseudo headers, and the headers that all requests share.
        max_body_bytes: the longest body that is read, before decompression.
    """

    def __init__(
        self, address: Address, headers: Mapping[str, str], *, max_body_bytes: int
    ) -> None:
        self._address = address
        self._headers = [(name.encode(), value.encode("ascii")) for name, value in headers.items()]
        self._max_body_bytes = max_body_bytes
        self._connections: list[Http2Connection] = []
        self._deadlines: Deadlines[_Exchange] = Deadlines()
        self._connecting = asyncio.Lock()
        self._sweeping: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def exchange(
        self, message: Message, *, deadline: float, fresh: bool = False
    ) -> SubgraphResponse:
        """Send ``message`` and wait for the whole reply. See ``Origin``.

        Raises:
            NotHttp2: the server speaks another version; nothing was sent.
        """
        loop = asyncio.get_running_loop()
        connection = self._find(fresh=fresh) or await self._connect(loop, deadline, fresh=fresh)
        try:
            exchange = connection.start(self._head(message), loop)
        except ProtocolError as error:
            connection.leave()  # it has run out of streams
            raise NotConnected(f"{type(error).__name__}: {error}") from error
        self._deadlines.add(exchange, deadline, loop)
        try:
            if message.stream is None:
                await connection.send_body(exchange, message.body, is_last=True)
            else:
                await self._pour(connection, exchange, message.stream.chunks())
            return await exchange.reply
        except BaseException:
            connection.end(exchange, ErrorCodes.CANCEL)
            raise

    def close(self) -> None:
        """Close all connections; exchanges under way fail."""
        self._is_closed = True
        for connection in list(self._connections):
            connection.fail_all(ConnectionLost("The connections to subgraphs are closed."))
        self._deadlines.close()
        if self._sweeping is not None:
            self._sweeping.cancel()

    def _head(self, message: Message) -> list[tuple[bytes, bytes]]:
        stream = message.stream
        content_type = "application/json" if stream is None else stream.content_type
        size_bytes = len(message.body) if stream is None else stream.size_bytes
        head = [*self._headers, (b"content-type", content_type.encode("latin-1"))]
        head.append((b"content-length", b"%d" % size_bytes))
        if message.coding is not None:
            head.append((b"content-encoding", message.coding.encode()))
        head.extend(
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in message.headers.pairs()
        )
        return head

    async def _pour(
        self, connection: Http2Connection, exchange: _Exchange, chunks: AsyncIterator[bytes]
    ) -> None:
        async for chunk in chunks:
            if exchange.reply.done():
                return
            await connection.send_body(exchange, chunk, is_last=False)
        await connection.send_body(exchange, b"", is_last=True)

    def _find(self, *, fresh: bool) -> Http2Connection | None:
        if fresh:
            # What failed on a connection that had been used may have left another like it behind.
            for connection in list(self._connections):
                connection.leave()
        return next((one for one in self._connections if one.has_room), None)

    async def _connect(
        self, loop: asyncio.AbstractEventLoop, deadline: float, *, fresh: bool
    ) -> Http2Connection:
        # One at a time: those who wait here find the one that the first has opened.
        async with self._connecting:
            found = self._find(fresh=False)
            if found is not None:
                return found
            connection = await connect(
                loop,
                lambda: Http2Connection(
                    self._on_change, self._deadlines, max_body_bytes=self._max_body_bytes
                ),
                self._address,
                deadline=deadline,
            )
        if self._is_closed:
            connection.close()
            raise NotConnected("The connections to subgraphs are closed.")
        if not connection.is_http2:
            connection.close()
            raise NotHttp2
        self._connections.append(connection)
        return connection

    def _on_change(self, connection: Http2Connection) -> None:
        is_old = monotonic() - connection.opened_at >= self._address.max_age_seconds
        if connection.is_idle and is_old:
            connection.leave()
        if not connection.has_room and connection.is_idle:
            if connection in self._connections:
                self._connections.remove(connection)
        elif connection.is_idle and self._sweeping is None and not self._is_closed:
            self._sweep_in(self._address.keep_alive_seconds)

    def _sweep_in(self, seconds: float) -> None:
        self._sweeping = asyncio.get_running_loop().call_later(seconds, self._sweep)

    def _sweep(self) -> None:
        """Close what has idled for too long."""
        self._sweeping = None
        until = monotonic() - self._address.keep_alive_seconds
        for connection in list(self._connections):
            if connection.is_idle and connection.idle_since <= until:
                self._connections.remove(connection)
                connection.close()
        idle = [one.idle_since for one in self._connections if one.is_idle]
        if idle:
            self._sweep_in(max(0.01, min(idle) - until))


class NegotiatedOrigin:
    """HTTP/2 with servers that agree to it in the TLS handshake, HTTP/1.1 with the others."""

    def __init__(self, http2: Http2Origin, http1: Http1Origin) -> None:
        self._http2 = http2
        self._http1 = http1
        self._speaks_http2 = True

    async def exchange(
        self, message: Message, *, deadline: float, fresh: bool = False
    ) -> SubgraphResponse:
        """Send ``message`` and wait for the whole reply. See ``Origin``."""
        if self._speaks_http2:
            try:
                return await self._http2.exchange(message, deadline=deadline, fresh=fresh)
            except NotHttp2:
                self._speaks_http2 = False
        return await self._http1.exchange(message, deadline=deadline, fresh=fresh)

    def close(self) -> None:
        """Close all connections; exchanges under way fail."""
        self._http2.close()
        self._http1.close()
