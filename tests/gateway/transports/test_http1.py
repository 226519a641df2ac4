"""HTTP/1.1 with servers that do as the specification allows, and with those that do not. Spec: RFC 9112."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.transports.base import RequestKind, SubgraphRequest
from gateway.transports.errors import (
    ResponseMalformed,
    ResponseTooLarge,
    SubgraphTimeout,
    SubgraphUnreachable,
)
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.retry import RetryPolicy
from tests.support.free_servers import conversing, read_request

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
ONCE = HttpOptions(retry=RetryPolicy(max_retries=0), timeout_seconds=10)


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool() as pool:
        yield pool


def a_request(kind: RequestKind = "query", body: bytes = b"{}", **headers: str) -> SubgraphRequest:
    return SubgraphRequest("stock", kind, body, tuple(headers.items()))


class Server:
    """Answers each request of each connection with the next of ``answers``, the last for ever."""

    def __init__(self, *answers: bytes, then_reset: bool = False) -> None:
        self._answers = answers
        self._then_reset = then_reset
        self.connections = 0
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                body = await read_request(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            answer = self._answers[min(len(self.requests), len(self._answers) - 1)]
            self.requests.append(body)
            writer.write(answer)
            await writer.drain()
            if self._then_reset:
                writer.transport.abort()
                return


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
            b"ok",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x\r\n\r\n2\r\nok\r\n0\r\nx: 1\r\n\r\n",
            b"ok",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (
            b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + OK,
            b"ok",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 50\r\n\r\n", b""),
        (b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", b""),
    ],
)
async def test_replies_of_every_form_are_read_and_the_connection_stays(
    pool: HttpPool, answer: bytes, body: bytes
) -> None:
    server = Server(answer, OK)
    async with conversing(server) as url:
        transport = HttpTransport(url, pool, ONCE)
        first = await transport.send(a_request())
        second = await transport.send(a_request())

    assert (first.body, second.body) == (body, b"ok")
    assert server.connections == 1


@pytest.mark.parametrize("size_bytes", [1, 70_000, 3_000_000])
async def test_a_reply_that_comes_byte_by_byte_or_in_floods_is_whole(
    pool: HttpPool, size_bytes: int
) -> None:
    body = bytes(i % 251 for i in range(size_bytes))
    head = b"HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: %d\r\n\r\n" % size_bytes

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for byte in head:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        writer.write(body)
        await writer.drain()

    async with conversing(conversation) as url:
        response = await HttpTransport(url, pool, ONCE).send(a_request())

    assert response.body == body
    assert response.headers["x-a"] == "b"


@pytest.mark.parametrize("step", [1, 7, 50, 1000])
async def test_headers_are_those_of_the_reply_however_it_is_cut(pool: HttpPool, step: int) -> None:
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nx-of: hints\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nX-Of: reply \r\nset-cookie: a\r\nset-cookie: b\r\n"
        b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-of: trailer\r\n\r\n"
    )

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            await read_request(reader)
            for at in range(0, len(answer), step):
                writer.write(answer[at : at + step])
                await asyncio.sleep(0)

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, ONCE)
        responses = [await transport.send(a_request()) for _ in range(2)]

    for response in responses:
        assert response.body == b"ok"
        assert dict(response.headers) == {
            "x-of": "reply",
            "set-cookie": "b",
            "transfer-encoding": "chunked",
        }


async def test_the_status_is_that_of_the_reply_and_not_of_what_follows_it(pool: HttpPool) -> None:
    server = Server(OK + b"HTTP/1.1 500 Poison\r\ncontent-length: 0\r\n\r\n")
    async with conversing(server) as url:
        response = await HttpTransport(url, pool, ONCE).send(a_request())

    assert (response.status, response.body) == (200, b"ok")


async def test_a_body_without_a_length_ends_with_its_connection(pool: HttpPool) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nall of ")
        await writer.drain()
        writer.write(b"it")

    async with conversing(conversation) as url:
        response = await HttpTransport(url, pool, ONCE).send(a_request())

    assert response.body == b"all of it"


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison",
        OK + b"surplus",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more than it said",
    ],
)
async def test_a_connection_that_has_more_to_say_or_asks_for_its_end_is_not_used_again(
    pool: HttpPool, answer: bytes
) -> None:
    server = Server(answer, OK)
    async with conversing(server) as url:
        transport = HttpTransport(url, pool, ONCE)
        bodies = [(await transport.send(a_request())).body for _ in range(3)]

    assert bodies == [b"ok"] * 3
    assert server.connections == 2


async def test_what_a_server_says_unasked_ends_the_connection_and_answers_nobody(
    pool: HttpPool,
) -> None:
    said = asyncio.Event()
    connections = 0

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_request(reader)
        writer.write(OK)
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 3\r\n\r\nbye")
        if not await reader.read():
            said.set()

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, ONCE)
        await transport.send(a_request())
        await asyncio.wait_for(said.wait(), 5)
        response = await transport.send(a_request("mutation"))

    assert (response.status, connections) == (200, 2)


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>not HTTP at all</html>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: twelve\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: rot13\r\ncontent-length: 2\r\n\r\nok",
    ],
)
async def test_what_is_not_http_as_it_should_be_is_malformed_and_leaves_nothing_behind(
    pool: HttpPool, answer: bytes
) -> None:
    server = Server(answer, OK)
    async with conversing(server) as url:
        transport = HttpTransport(url, pool, ONCE)
        with pytest.raises(ResponseMalformed, match="'stock'"):
            await transport.send(a_request())
        response = await transport.send(a_request())

    assert response.body == b"ok"


async def test_a_head_without_end_is_too_large(pool: HttpPool) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.transport.is_closing():
            writer.write(b"x-more: and more\r\n" * 1000)
            await writer.drain()

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, HttpOptions(max_response_bytes=1024))
        with pytest.raises(ResponseTooLarge, match="more than 1024 bytes"):
            await transport.send(a_request())


@pytest.mark.parametrize(
    "answer", [b"H", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbroke"]
)
async def test_a_reset_in_the_middle_is_unreachable_and_was_sent(
    pool: HttpPool, answer: bytes
) -> None:
    async with conversing(Server(answer, then_reset=True)) as url:
        with pytest.raises(SubgraphUnreachable) as caught:
            await HttpTransport(url, pool, ONCE).send(a_request())

    assert caught.value.was_sent


class ClosesWhenUsedAgain:
    """Answers once per connection; the second request on one is read and meets a close, unanswered."""

    def __init__(self) -> None:
        self.requests = self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await read_request(reader)
        self.requests += 1
        writer.write(OK)
        await read_request(reader)
        self.requests += 1


async def test_a_query_that_met_a_closing_connection_goes_by_a_new_one_at_once(
    pool: HttpPool,
) -> None:
    server = ClosesWhenUsedAgain()
    async with conversing(server) as url:
        transport = HttpTransport(url, pool, ONCE)
        bodies = [(await transport.send(a_request())).body for _ in range(2)]

    assert bodies == [b"ok", b"ok"]
    assert (server.connections, server.requests) == (2, 3)


async def test_a_mutation_is_never_sent_twice(pool: HttpPool) -> None:
    server = ClosesWhenUsedAgain()
    async with conversing(server) as url:
        transport = HttpTransport(url, pool, HttpOptions())
        await transport.send(a_request("mutation"))
        with pytest.raises(SubgraphUnreachable):
            await transport.send(a_request("mutation"))

    assert server.requests == 2


async def test_a_cancelled_call_leaves_no_reply_for_the_next(pool: HttpPool) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()
    connections = 0

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            try:
                body = await read_request(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            if body == b"slow":
                arrived.set()
                await go_on.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n" + body)

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, ONCE)
        await transport.send(a_request(body=b"warm"))
        task = asyncio.create_task(transport.send(a_request(body=b"slow")))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        response = await transport.send(a_request(body=b"fast"))

    assert (response.body, connections) == (b"fast", 2)


async def test_deadlines_are_kept_one_by_one(pool: HttpPool) -> None:
    """The calls share one timer: it must ring for each of them, also when it was set for another."""
    silent = asyncio.Event()

    async def conversation(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await silent.wait()

    async with conversing(conversation) as url:
        slow = HttpTransport(url, pool, HttpOptions(timeout_seconds=0.1))
        started = asyncio.get_running_loop().time()
        calls = []
        for _ in range(3):
            calls.append(asyncio.create_task(slow.send(a_request())))
            await asyncio.sleep(0.02)
        results = await asyncio.gather(*calls, return_exceptions=True)
        took = asyncio.get_running_loop().time() - started
        silent.set()

    assert [type(result) for result in results] == [SubgraphTimeout] * 3
    assert took >= 0.1


async def test_idle_connections_are_closed_and_new_ones_opened(pool: HttpPool) -> None:
    closed = asyncio.Event()
    connections = 0

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_request(reader)
        writer.write(OK)
        if not await reader.read():
            closed.set()

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, HttpOptions(keep_alive_seconds=0.02))
        await transport.send(a_request())
        await asyncio.wait_for(closed.wait(), 5)
        await transport.send(a_request())

    assert connections == 2


@pytest.mark.parametrize(
    "value", ["a\r\nx-admin: 1", "a\nb", "a\rb", "a\0b", "a\r\n\r\nGET / HTTP/1.1", "snow ☃"]
)
async def test_a_header_that_would_break_its_line_is_not_sent(pool: HttpPool, value: str) -> None:
    server = Server(OK)
    async with conversing(server) as url:
        with pytest.raises(Exception, match="A request header holds"):
            await HttpTransport(url, pool, ONCE).send(a_request(authorization=value))

    assert server.requests == []


async def test_a_reply_before_the_request_is_all_there_is_read_and_ends_the_connection(
    pool: HttpPool,
) -> None:
    connections = 0

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 4\r\n\r\nlong")
        await writer.drain()
        await reader.read(100)

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, ONCE)
        statuses = [
            (await transport.send(a_request(body=b"x" * 20_000_000))).status for _ in range(2)
        ]

    assert (statuses, connections) == ([413, 413], 2)


async def test_paths_queries_and_hosts_are_sent_as_they_should_be(pool: HttpPool) -> None:
    lines: list[bytes] = []

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.extend((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n"))
        writer.write(OK)

    async with conversing(conversation) as url:
        address = url.replace("/graphql", "/a b/ü?x=1").replace("http://", "http://user:secret@")
        await HttpTransport(address, pool, ONCE).send(a_request())

    assert lines[0] == b"POST /a%20b/%C3%BC?x=1 HTTP/1.1"
    assert lines[1] == b"host: " + url.split("/")[2].encode()


@pytest.mark.parametrize("url", ["", "graphql", "ftp://a/b", "http://", "http://a:port/"])
async def test_what_is_no_address_is_refused_at_once(pool: HttpPool, url: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        HttpTransport(url, pool)
