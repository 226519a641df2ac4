"""A subgraph on a real port that answers rightly until it is told not to, and the many ways not to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from .data_subgraphs import Subgraph
from .free_servers import conversing, read_request

Misbehaviour = Callable[
    [asyncio.StreamReader, asyncio.StreamWriter, dict[str, Any]], Awaitable[bool]
]
"""Writes something to the connection, given the right answer. Returns whether the connection can go on."""


@dataclass(slots=True)
class MisbehavingServer:
    """Serves a subgraph over HTTP."""

    subgraph: Subgraph
    misbehave: Misbehaviour | None = None
    url: str = ""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while True:
                payload = json.loads(await read_request(reader))
                result = self.subgraph.execute(payload["query"], payload.get("variables"))
                assert result.errors is None, result.errors
                right: dict[str, Any] = json.loads(json.dumps(result.formatted))
                if self.misbehave is None:
                    await write_response(writer, json.dumps(right).encode())
                elif not await self.misbehave(reader, writer, right):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return


@asynccontextmanager
async def misbehaving(subgraph: Subgraph) -> AsyncIterator[MisbehavingServer]:
    """Serve ``subgraph``."""
    server = MisbehavingServer(subgraph)
    async with conversing(server.converse) as url:
        server.url = url
        yield server


DESERTED_URL = "http://127.0.0.1:1/graphql"
"""Where nobody listens: a port found free and let go could be somebody's a moment later."""


async def write_response(
    writer: asyncio.StreamWriter,
    body: bytes,
    *,
    status: int = 200,
    length: int | None = None,
    headers: str = "content-type: application/json\r\n",
) -> None:
    """Write a response; ``length`` is what it says its length is."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status} Status\r\n{headers}content-length: {size}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


# Ways of the wire


async def never_answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
) -> bool:
    """Keep the connection open and say nothing, until the other side has had enough."""
    del writer, right
    await reader.read()
    return False


async def drip(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
) -> bool:
    """Send a byte at a time, always soon enough to seem alive."""
    body = json.dumps(right).encode()
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body) + 10_000}\r\n\r\n".encode())
    while not reader.at_eof():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)
    return False


async def break_off(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
) -> bool:
    """Reset the connection in the middle of the body."""
    del reader
    body = json.dumps(right).encode()
    await write_response(writer, body[: len(body) // 2], length=len(body))
    writer.transport.abort()
    return False


async def flood(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
) -> bool:
    """Send 100 MB without saying beforehand how much it will be."""
    del reader, right
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    for _ in range(1600):
        writer.write(chunk)
        await writer.drain()
    return False


async def announce_flood(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
) -> bool:
    """Say that 100 MB will follow, and begin."""
    del right
    await write_response(writer, b" " * 1000, length=100_000_000)
    await reader.read()
    return False


def writing(text: bytes) -> Misbehaviour:
    """Write this and hang up."""

    async def write(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
    ) -> bool:
        del reader, right
        writer.write(text)
        await writer.drain()
        return False

    return write


def sending(
    body: bytes | str,
    *,
    status: int = 200,
    headers: str = "content-type: application/json\r\n",
) -> Misbehaviour:
    """Send this body, whatever was asked."""

    async def send(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
    ) -> bool:
        del reader, right
        encoded = body.encode() if isinstance(body, str) else body
        await write_response(writer, encoded, status=status, headers=headers)
        return True

    return send


def changing(change: Callable[[dict[str, Any]], object]) -> Misbehaviour:
    """Send what ``change`` makes of the right answer: JSON, or bytes as they are."""

    async def send(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, right: dict[str, Any]
    ) -> bool:
        del reader
        changed = change(right)
        body = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        await write_response(writer, body)
        return True

    return send
