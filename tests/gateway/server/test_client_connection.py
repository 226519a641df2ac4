"""What clients see of their connections, over real sockets.

Most of it must not differ from what uvicorn's own connections do, so most tests run on both.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.server.client_connection import ClientConnection
from gateway.server.exchange import EXCHANGE, Exchange
from tests.support.serving import serving_http

DEADLINE_SECONDS = 10
MEGABYTE = 2**20

Http: TypeAlias = type[asyncio.Protocol]
either = pytest.mark.parametrize(
    "http",
    [
        pytest.param(ClientConnection, id="ours"),
        pytest.param(HttpToolsProtocol, id="uvicorn"),
    ],
)


@dataclass
class Client:
    """One connection of a client that writes and reads bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, request: bytes) -> None:
        self.writer.write(request)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the next response."""
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = text.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        assert re.fullmatch(r"HTTP/1.1 \d{3} .*", status)
        return int(status.split()[1]), headers

    async def response(self) -> tuple[int, dict[str, str], bytes]:
        """The next response, whose length is told in one way or the other."""
        status, headers = await self.head()
        if "content-length" in headers:
            return status, headers, await self.reader.readexactly(int(headers["content-length"]))
        assert headers["transfer-encoding"] == "chunked"
        chunks = []
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            chunks.append(await self.reader.readexactly(size))
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readexactly(2) == b"\r\n"
        return status, headers, b"".join(chunks)

    async def body(self) -> bytes:
        return (await self.response())[2]

    async def rest(self) -> bytes:
        """All that comes before the server closes the connection."""
        return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


@dataclass
class Served:
    """A server, and what opens connections to it."""

    host: str
    port: int
    clients: list[Client]

    async def connect(self) -> Client:
        # A client that does not read keeps little of what comes.
        client = Client(*await asyncio.open_connection(self.host, self.port, limit=4096))
        self.clients.append(client)
        return client


@asynccontextmanager
async def serving(app: ASGIApp, http: Http, **options: Any) -> AsyncIterator[Served]:
    clients: list[Client] = []
    try:
        async with (
            asyncio.timeout(DEADLINE_SECONDS),
            serving_http(app, http=http, **options) as url,
        ):
            parts = urlsplit(url)
            assert parts.hostname is not None
            assert parts.port is not None
            yield Served(parts.hostname, parts.port, clients)
    finally:
        # After the server has stopped, which ends the connections at rest.
        for client in clients:
            await client.close()


def get(target: str = "/", *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {target} HTTP/{version}", "host: gateway.test", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def post(body: bytes, *headers: str) -> bytes:
    return get("/", f"content-length: {len(body)}", *headers, method="POST") + body


async def read_all(receive: Receive) -> list[bytes]:
    """The pieces of a request's body, as they came."""
    pieces = []
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        pieces.append(message["body"])
        if not message["more_body"]:
            return pieces


async def reply(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", b"%d" % len(body)), (b"Content-Type", b"text/plain")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what it was asked."""
    body = b"".join(await read_all(receive))
    asked = (scope["method"], scope["path"], scope["raw_path"], scope["query_string"], body)
    await reply(send, repr(asked).encode())


class Gated:
    """Answers with what it was asked once ``door`` is open, and says who has come in."""

    def __init__(self) -> None:
        self.door = asyncio.Event()
        self.entered: list[str] = []
        self.left: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(receive)
        self.entered.append(scope["path"])
        await self.door.wait()
        await reply(send, scope["path"].encode())
        self.left.append(scope["path"])


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nobody tells when it changes; the test has a deadline
        await asyncio.sleep(0.002)


async def turns_of_the_loop(count: int) -> None:
    """Let everything else go on for as long as it has something to do, and a good deal longer."""
    for _ in range(count):
        await asyncio.sleep(0)


@either
async def test_a_connection_is_used_again(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(post(b"one"))
        first = await client.response()
        client.send(get("/a%20b?c=%20", method="PUT"))
        second = await client.body()
        client.send(get("/a%20b?d"))
        third = await client.body()

    status, headers, body = first
    assert (status, body) == (200, b"('POST', '/', b'/', b'', b'one')")
    assert headers.keys() == {"date", "server", "content-length", "content-type"}
    assert second == b"('PUT', '/a b', b'/a%20b', b'c=%20', b'')"
    assert third == b"('GET', '/a b', b'/a%20b', b'd', b'')"


@either
async def test_pipelined_requests_are_worked_on_one_after_the_other(http: Http) -> None:
    app = Gated()

    async with serving(app, http) as served:
        client = await served.connect()
        client.send(get("/1") + post(b"x" * 100).replace(b"/ ", b"/2 ") + get("/3"))
        await until(lambda: app.entered == ["/1"])
        await turns_of_the_loop(50)
        before = list(app.entered)
        app.door.set()
        bodies = [await client.body() for _ in range(3)]

    assert before == ["/1"]
    assert bodies == [b"/1", b"/2", b"/3"]


@either
async def test_a_request_with_close_is_the_last(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(get("/", "connection: close"))
        _, headers, _ = await client.response()
        rest = await client.rest()

    assert headers["connection"] == "close"
    assert rest == b""


@either
async def test_an_answer_to_head_has_no_body(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(get(method="HEAD") + get("/next"))
        status, headers = await client.head()
        body = await client.body()

    assert (status, headers["content-length"]) == (200, "29")
    assert body == b"('GET', '/next', b'/next', b'', b'')"


@either
async def test_whoever_waits_to_be_asked_for_the_body_is_asked(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(get("/", "content-length: 5", "expect: 100-continue", method="POST"))
        asked = await client.reader.readuntil(b"\r\n\r\n")
        client.send(b"hello")
        body = await client.body()

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert body.endswith(b"b'hello')")


@either
async def test_whoever_waits_to_be_asked_for_a_body_that_nobody_wants_is_not_asked(
    http: Http,
) -> None:
    async def refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
        await reply(send, b"no", 413)

    async with serving(refuse, http) as served:
        client = await served.connect()
        client.send(get("/", "content-length: 5", "expect: 100-continue", method="POST"))
        status, _, body = await client.response()

    assert (status, body) == (413, b"no")


@either
async def test_a_body_that_is_refused_is_read_over(http: Http) -> None:
    async def refuse_posts(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await echo(scope, receive, send)
        else:
            await reply(send, b"no", 413)

    async with serving(refuse_posts, http) as served:
        client = await served.connect()
        client.send(get("/", f"content-length: {MEGABYTE}", method="POST"))
        status, _, _ = await client.response()
        client.send(b"x" * MEGABYTE + get("/next"))
        body = await client.body()

    assert status == 413
    assert body == b"('GET', '/next', b'/next', b'', b'')"


@either
async def test_a_body_in_chunks_is_read(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(get("/", "transfer-encoding: chunked", method="POST"))
        for chunk in (b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n"):
            client.send(chunk)
            await turns_of_the_loop(5)
        body = await client.body()

    assert body.endswith(b"b'abcde')")


@either
async def test_no_more_of_a_large_body_is_read_than_somebody_asks_for(http: Http) -> None:
    door = asyncio.Event()
    pieces: list[bytes] = []

    async def read_late(_scope: Scope, receive: Receive, send: Send) -> None:
        await door.wait()
        pieces.extend(await read_all(receive))
        await reply(send, b"done")

    async with serving(read_late, http) as served:
        client = await served.connect()
        content = bytes(range(256)) * 4096 * 16
        client.send(post(content))
        await turns_of_the_loop(500)
        door.set()
        body = await client.body()

    assert body == b"done"
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) < len(content) / 8


@either
async def test_an_answer_is_written_no_faster_than_it_is_read(http: Http) -> None:
    sent = 0

    async def write_much(_scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200})
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * MEGABYTE, "more_body": True})
            sent += 1
        await send({"type": "http.response.body"})

    async with serving(write_much, http) as served:
        client = await served.connect()
        client.send(get())
        await until(lambda: sent > 0)
        await turns_of_the_loop(1000)
        before = sent
        body = await client.body()

    assert before < 64
    assert len(body) == 64 * MEGABYTE


async def test_a_whole_answer_waits_for_a_reader_who_is_behind() -> None:
    at_once: list[bool] = []

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        body = scope["path"].encode() * 4 * MEGABYTE
        at_once.append(exchange.answer(200, b"", body))
        if not at_once[-1]:
            headers = [(b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    async with serving(answer, ClientConnection) as served:
        client = await served.connect()
        client.send(get("/1") + get("/2"))
        await until(lambda: len(at_once) == 2)
        bodies = [await client.body() for _ in range(2)]

    assert at_once == [True, False]
    assert bodies == [b"/1" * 4 * MEGABYTE, b"/2" * 4 * MEGABYTE]


@either
@pytest.mark.parametrize("goes", ["closes", "shuts down"])
async def test_who_leaves_is_heard_of(http: Http, goes: str) -> None:
    """A client that says that it will write no more counts as gone: so do those that crashed."""
    heard: list[Message] = []
    finished = asyncio.Event()

    async def listen(_scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(receive)
        heard.append(await receive())
        # To nobody, which is no error.
        await reply(send, b"x")
        finished.set()

    async with serving(listen, http) as served:
        client = await served.connect()
        client.send(post(b"x"))
        if goes == "closes":
            await client.close()
        else:
            client.writer.write_eof()
        await finished.wait()
        rest = await client.rest()

    assert heard == [{"type": "http.disconnect"}]
    assert rest == b""


async def test_who_leaves_is_told_of_to_the_request_that_is_worked_on_and_the_next_is_not_begun() -> (
    None
):
    told: list[str] = []
    entered: list[str] = []

    async def listen(scope: Scope, receive: Receive, _send: Send) -> None:
        entered.append(scope["path"])
        scope[EXCHANGE].on_client_left = lambda: told.append(scope["path"])
        await read_all(receive)
        assert (await receive())["type"] == "http.disconnect"

    async with serving(listen, ClientConnection) as served:
        client = await served.connect()
        client.send(get("/1") + get("/2"))
        await until(lambda: entered == ["/1"])
        await client.close()
        await until(lambda: told == ["/1"])

    assert entered == ["/1"]


@either
async def test_a_server_that_stops_answers_what_has_arrived(http: Http) -> None:
    app = Gated()

    async with serving(app, http) as served:
        resting, working, piping = [await served.connect() for _ in range(3)]
        resting.send(get("/resting"))
        await until(lambda: app.entered == ["/resting"])
        app.door.set()
        await resting.body()
        app.door.clear()
        working.send(get("/working"))
        piping.send(get("/first") + get("/second"))
        await until(lambda: len(app.entered) == 3)
        answers = asyncio.gather(resting.rest(), working.response(), piping.rest())
        asyncio.get_running_loop().call_soon(app.door.set)
    closed, (status, headers, body), both = await answers

    assert closed == b""
    assert (status, headers["connection"], body) == (200, "close", b"/working")
    assert re.findall(rb"/first|/second", both) == [b"/first", b"/second"]


@either
async def test_a_connection_at_rest_is_closed_and_one_at_work_is_not(http: Http) -> None:
    app = Gated()
    app.door.set()

    async with serving(app, http, keep_alive_seconds=0.1) as served:
        working, resting = await served.connect(), await served.connect()
        working.send(get("/1"))
        await working.body()
        app.door.clear()
        working.send(get("/2"))
        await until(lambda: len(app.entered) == 2)
        app.door.set()
        resting.send(get("/3"))
        await resting.body()
        app.door.clear()
        working.send(get("/4"))
        await until(lambda: app.entered[-1] == "/4")
        # By now all timers of the other one would have gone off.
        rest = await resting.rest()
        app.door.set()
        bodies = [await working.body() for _ in range(2)]
        end = await working.rest()

    assert rest == b""
    assert bodies == [b"/2", b"/4"]
    assert end == b""


@either
async def test_what_is_no_http_is_answered_400(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(b"what is this\r\n\r\n")
        answer = await client.rest()

    assert answer.startswith(b"HTTP/1.1 400 ")


@either
async def test_a_url_that_cannot_be_read_is_answered_400(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send("GET /ä HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        answer = await client.rest()

    assert answer.startswith(b"HTTP/1.1 400 ")


@either
async def test_an_upgrade_that_is_not_offered_is_ignored(http: Http) -> None:
    async with serving(echo, http) as served:
        client = await served.connect()
        client.send(get("/", "connection: upgrade", "upgrade: websocket"))
        body = await client.body()

    assert body == b"('GET', '/', b'/', b'', b'')"


async def raise_at_once(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise LookupError("planted")


async def return_at_once(_scope: Scope, _receive: Receive, _send: Send) -> None:
    pass


async def write_two_lines_into_one(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"x-a", b"1\r\nx-b: 2"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def write_no_name(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"x a", b"1"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def write_body_first(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.body", "body": b"x"})


async def raise_after_the_head(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})
    raise LookupError("planted")


async def write_more_than_announced(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"xy"})


async def write_less_than_announced(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"xy"})


@pytest.mark.parametrize(
    "app",
    [
        raise_at_once, return_at_once, write_two_lines_into_one, write_no_name, write_body_first,
        raise_after_the_head, write_more_than_announced, write_less_than_announced,
    ],
)  # fmt: skip
async def test_an_app_that_fails_before_a_body_is_answered_for(app: ASGIApp) -> None:
    async with serving(app, ClientConnection) as served:
        client = await served.connect()
        client.send(post(b"x"))
        status, headers, body = await client.response()
        rest = await client.rest()

    assert (status, body) == (500, b"Internal Server Error")
    assert headers["connection"] == "close"
    assert "x-b" not in headers
    assert rest == b""


@either
async def test_an_app_that_fails_amid_the_body_cuts_it_short(http: Http) -> None:
    async def fail(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("planted")

    async with serving(fail, http) as served:
        client = await served.connect()
        client.send(get())
        await client.head()
        rest = await client.rest()

    assert rest == b"4\r\nhalf\r\n"


async def test_a_task_that_is_cancelled_does_not_leave_its_client_waiting() -> None:
    async def cancel(scope: Scope, _receive: Receive, _send: Send) -> None:
        scope[EXCHANGE].task.cancel()
        await asyncio.sleep(0)

    async with serving(cancel, ClientConnection) as served:
        client = await served.connect()
        client.send(get())
        status, _, _ = await client.response()

    assert status == 500


async def test_a_client_of_http_1_0_is_sent_no_chunks() -> None:
    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        for piece in (b"one ", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    async with serving(stream, ClientConnection) as served:
        client = await served.connect()
        client.send(get(version="1.0"))
        _, headers = await client.head()
        body = await client.rest()

    assert "transfer-encoding" not in headers
    assert headers["connection"] == "close"
    assert body == b"one two"


@either
@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_announces_none(http: Http, status: int) -> None:
    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body"})

    async with serving(answer, http) as served:
        client = await served.connect()
        client.send(get() + get())
        heads = [await client.head() for _ in range(2)]

    assert [found for found, _ in heads] == [status, status]
    assert heads[0][1].keys() == {"date", "server"}


async def test_the_whole_body_can_be_had_when_it_is_there_and_only_then() -> None:
    had: list[bytes | None] = []

    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        had.append(exchange.take_whole_body())
        if had[-1] is None:
            had.append(b"".join(await read_all(receive)))
        await reply(send, b"x")

    async with serving(take, ClientConnection) as served:
        client = await served.connect()
        client.send(post(b"all"))
        await client.body()
        client.send(get("/", "content-length: 4", method="POST") + b"ha")
        await until(lambda: len(had) == 2)
        client.send(b"lf")
        await client.body()
        # Of whom nobody has asked for the body yet.
        client.send(post(b"asked", "expect: 100-continue"))
        await client.reader.readuntil(b"100 Continue\r\n\r\n")
        await client.body()

    assert had == [b"all", None, b"half", None, b"asked"]


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        (get(), (200, {"x-a": "1", "content-length": "4"}, b"body")),
        (get(method="HEAD"), (200, {"x-a": "1", "content-length": "4"}, b"")),
        (get("/304"), (304, {"x-a": "1"}, b"")),
        (
            get("/", "connection: close"),
            (200, {"x-a": "1", "content-length": "4", "connection": "close"}, b"body"),
        ),
        (
            get(version="1.0"),
            (200, {"x-a": "1", "content-length": "4", "connection": "close"}, b"body"),
        ),
        (
            get("/", "content-length: 1", "expect: 100-continue", method="POST"),
            (200, {"x-a": "1", "content-length": "4"}, b"body"),
        ),
    ],
)
async def test_a_whole_answer_is_as_long_as_its_request_allows(
    request_text: bytes, expected: tuple[int, dict[str, str], bytes]
) -> None:
    async def answer(scope: Scope, receive: Receive, _send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        status = 304 if scope["path"] == "/304" else 200
        exchange.answer(status, b"x-a: 1\r\n", b"" if status == 304 else b"body")
        # Nobody is asked for a body any more.
        assert await receive() == {"type": "http.disconnect"}

    async with serving(answer, ClientConnection) as served:
        client = await served.connect()
        client.send(request_text)
        status, headers = await client.head()
        body = await client.reader.readexactly(len(expected[2]))

    assert (status, body) == (expected[0], expected[2])
    assert {
        name: value for name, value in headers.items() if name not in {"date", "server"}
    } == expected[1]


async def test_there_is_one_answer_to_a_request() -> None:
    async def answer(scope: Scope, _receive: Receive, _send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        exchange.answer(200, b"", b"one")
        with pytest.raises(RuntimeError, match="an answer already"):
            exchange.answer(200, b"", b"two")

    async with serving(answer, ClientConnection) as served:
        client = await served.connect()
        client.send(get() + get())
        bodies = [await client.body() for _ in range(2)]

    assert bodies == [b"one", b"one"]
