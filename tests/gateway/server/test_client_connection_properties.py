"""Whatever arrives, in whatever pieces: our connections answer byte for byte what uvicorn's do."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.server.client_connection import ClientConnection
from tests.support.serving import serving_http

LAST = b"GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True)
class Request:
    """What is asked; without a body when there is none."""

    method: str
    path: str
    body: bytes | None
    in_chunks: bool
    header: str

    def text(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: a", self.header]
        content = self.body
        if content is None:
            content = b""
        elif self.in_chunks:
            lines.append("transfer-encoding: chunked")
            chunk = b"%x\r\n%b\r\n" % (len(content), content) if content else b""
            content = chunk + b"0\r\n\r\n"
        else:
            lines.append(f"content-length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode() + content


requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST", "HEAD", "DELETE"]),
    path=st.sampled_from(["/whole", "/whole?a=%20b", "/p%C3%A4rts", "/early", "/nothing"]),
    body=st.none() | st.binary(max_size=200),
    in_chunks=st.booleans(),
    header=st.sampled_from(
        ["X-A: 1", "x-a: \xe4", "Connection: Keep-Alive", "accept: a\r\nAccept: b"]
    ),
)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what it was asked, in one of the ways in which answers are written."""
    if scope["path"] == "/nothing":
        await send({"type": "http.response.start", "status": 204, "headers": [(b"X-A", b"1")]})
        await send({"type": "http.response.body"})
        return
    body, has_more = b"", scope["path"] != "/early"
    while has_more:
        message = await receive()
        body, has_more = body + message["body"], message["more_body"]
    told = repr([*map(scope.get, ["method", "path", "raw_path", "query_string", "headers"]), body])
    if scope["path"] == "/pärts":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (told[:7], "", told[7:]):
            await send({"type": "http.response.body", "body": part.encode(), "more_body": True})
        await send({"type": "http.response.body"})
        return
    headers = [(b"Content-Length", b"%d" % len(told.encode()))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told.encode()})


async def ask(http: type[asyncio.Protocol], pieces: list[bytes]) -> bytes:
    """All that a server answers, but for the time of day."""
    async with asyncio.timeout(10), serving_http(answer, http=http) as url:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for piece in pieces:
            writer.write(piece)
            for _ in range(3):
                await asyncio.sleep(0)
        answered = await reader.read()
        writer.close()
        await writer.wait_closed()
    return re.sub(rb"date: [^\r]*", b"date: now", answered)


@settings(max_examples=120)
@given(asked=st.lists(requests, max_size=4), cuts=st.lists(st.integers(0, 1500), max_size=6))
async def test_both_answer_the_same(asked: list[Request], cuts: list[int]) -> None:
    sent = b"".join(request.text() for request in asked) + LAST
    ends = sorted({min(cut, len(sent)) for cut in cuts})
    pieces = [sent[start:end] for start, end in zip([0, *ends], [*ends, None], strict=True)]

    ours = await ask(ClientConnection, pieces)
    theirs = await ask(HttpToolsProtocol, pieces)

    assert ours == theirs
    assert ours.count(b"date: now") == len(asked) + 1
