"""A small HTTP/2 server on a free port, which answers as a test tells it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset, WindowUpdated
from h2.settings import SettingCodes


@dataclass
class Stream:
    """One request, and the means to answer it."""

    connection: Connection
    stream_id: int
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)
    reset: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(
        self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        head = [(":status", str(status)), *(headers or {}).items()]
        h2 = self.connection.h2
        h2.send_headers(self.stream_id, head)
        while body:
            room = min(h2.local_flow_control_window(self.stream_id), h2.max_outbound_frame_size)
            if not room:
                self.connection.flush()
                self.connection.window.clear()
                await self.connection.window.wait()
                continue
            h2.send_data(self.stream_id, body[:room])
            body = body[room:]
        h2.end_stream(self.stream_id)
        self.connection.flush()

    def refuse(self, code: int) -> None:
        self.connection.h2.reset_stream(self.stream_id, code)
        self.connection.flush()


Handler = Callable[[Stream], Awaitable[None]]


class Connection(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, handler: Handler, max_streams: int, connections: list[Connection]) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.h2.local_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = max_streams
        self.window = asyncio.Event()
        self.transport: asyncio.Transport | None = None
        self.streams: dict[int, Stream] = {}
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.append(self)
        # uvloop has classes of its own: nothing can be asked of their ancestors.
        self.transport = transport  # type: ignore[assignment]
        self.h2.initiate_connection()
        self.flush()

    def data_received(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            match event:
                case RequestReceived():
                    headers = {name.decode(): value.decode() for name, value in event.headers}
                    self.streams[event.stream_id] = Stream(self, event.stream_id, headers)
                case DataReceived():
                    self.streams[event.stream_id].body += event.data
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    task = asyncio.ensure_future(self._handler(self.streams[event.stream_id]))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                case StreamReset():
                    self.streams[event.stream_id].reset.set()
                case WindowUpdated():
                    self.window.set()
                case _:
                    pass
        self.flush()

    def connection_lost(self, _: Exception | None) -> None:
        for task in self._tasks:
            task.cancel()

    def flush(self) -> None:
        if self.transport is not None:
            self.transport.write(self.h2.data_to_send())

    def leave(self, last_stream_id: int) -> None:
        """Say that no stream after this one will be worked on; those before go on."""
        self.h2.close_connection(last_stream_id=last_stream_id)
        self.flush()

    def answer_after_leaving(self, stream_id: int, body: bytes) -> None:
        """Write an answer's frames by hand: h2 takes the connection for closed."""
        header_block = self.h2.encoder.encode([(":status", "200")])
        assert self.transport is not None
        self.transport.write(
            _frame(1, 0x4, stream_id, header_block) + _frame(0, 0x1, stream_id, body)
        )


def _frame(kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
    head = len(payload).to_bytes(3) + bytes([kind, flags]) + stream_id.to_bytes(4)
    return head + payload


@asynccontextmanager
async def serving_http2(
    handler: Handler, *, max_streams: int = 100, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[Connection]]]:
    """Serve ``handler``; yields the URL and the connections that came."""
    connections: list[Connection] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(handler, max_streams, connections), "127.0.0.1", 0, ssl=tls
    )
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/graphql", connections
    finally:
        server.close()
        for connection in connections:
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)
