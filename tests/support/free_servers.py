"""Real servers on free ports: an aiohttp app, or a bare socket that answers badly on purpose."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(
    handler: Handler, *, tls: ssl.SSLContext | None = None, max_bytes: int = 1024**2
) -> AsyncIterator[str]:
    """Serve ``handler`` at ``POST /graphql`` and yield the URL."""
    app = web.Application(client_max_size=max_bytes)
    app.router.add_post("/graphql", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"{'https' if tls else 'http'}://{host}:{port}/graphql"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def conversing(conversation: Conversation) -> AsyncIterator[str]:
    """Serve raw connections: ``conversation`` reads and writes as it likes; then the connection is closed."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await conversation(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/graphql"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request with a ``Content-Length`` and return its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return await reader.readexactly(int(value))
    return b""
