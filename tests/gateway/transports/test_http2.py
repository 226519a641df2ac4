"""HTTP/2 towards subgraphs: many calls over one connection, and how each of them can end. Spec: RFC 9113."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from gateway.transports.base import RequestKind, SubgraphRequest
from gateway.transports.errors import (
    ResponseMalformed,
    ResponseTooLarge,
    SubgraphTimeout,
    SubgraphUnreachable,
)
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.retry import RetryPolicy
from gateway.transports.tls import build_tls
from gateway.transports.uploads import FilePart, UploadedFile
from tests.support.certificates import CertificateAuthority
from tests.support.free_servers import conversing, serving
from tests.support.http2_server import Stream, serving_http2

ONCE = HttpOptions(http2=True, retry=RetryPolicy(max_retries=0), timeout_seconds=10)
REFUSED_STREAM = 7
INTERNAL_ERROR = 2


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool() as pool:
        yield pool


def a_request(kind: RequestKind = "query", body: bytes = b"{}", **headers: str) -> SubgraphRequest:
    return SubgraphRequest("stock", kind, body, tuple(headers.items()))


async def echo(stream: Stream) -> None:
    await stream.answer(bytes(stream.body), headers={"x-a": "b"})


async def test_a_request_arrives_and_its_reply_comes_back(pool: HttpPool) -> None:
    seen: list[Stream] = []

    async def handler(stream: Stream) -> None:
        seen.append(stream)
        await stream.answer(b"ok", status=201, headers={"x-a": "b"})

    async with serving_http2(handler) as (url, _):
        response = await HttpTransport(url, pool, ONCE).send(a_request(authorization="Bearer x"))

    assert (response.status, response.body, response.headers["x-a"]) == (201, b"ok", "b")
    headers = seen[0].headers
    assert headers[":method"] == "POST"
    assert headers[":scheme"] == "http"
    assert headers[":path"] == "/graphql"
    assert headers[":authority"] == url.split("/")[2]
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == "2"
    assert headers["authorization"] == "Bearer x"


async def test_many_calls_share_one_connection(pool: HttpPool) -> None:
    waiting: list[Stream] = []

    async def handler(stream: Stream) -> None:
        waiting.append(stream)
        if len(waiting) == 50:
            for one in reversed(waiting):
                await one.answer(bytes(one.body))

    async with serving_http2(handler) as (url, connections):
        transport = HttpTransport(url, pool, ONCE)
        bodies = [str(number).encode() for number in range(50)]
        responses = await asyncio.gather(*(transport.send(a_request(body=one)) for one in bodies))

    assert [response.body for response in responses] == bodies
    assert len(connections) == 1


async def test_another_connection_is_opened_where_a_server_takes_few_streams(
    pool: HttpPool,
) -> None:
    async with serving_http2(echo, max_streams=2) as (url, connections):
        transport = HttpTransport(url, pool, ONCE)
        await transport.send(a_request())  # by now its settings are known
        responses = await asyncio.gather(*(transport.send(a_request()) for _ in range(6)))

    assert [response.status for response in responses] == [200] * 6
    assert 1 < len(connections) <= 3


@pytest.mark.parametrize("size_bytes", [0, 1, 70_000, 5_000_000])
async def test_bodies_larger_than_the_windows_go_both_ways(pool: HttpPool, size_bytes: int) -> None:
    body = bytes(i % 251 for i in range(size_bytes))

    async with serving_http2(echo) as (url, _):
        response = await HttpTransport(url, pool, ONCE).send(a_request("mutation", body))

    assert response.body == body


async def test_files_are_streamed(pool: HttpPool) -> None:
    bodies: list[bytes] = []

    async def handler(stream: Stream) -> None:
        assert stream.headers["content-length"] == str(len(stream.body))
        bodies.append(bytes(stream.body))
        await stream.answer(stream.headers["content-type"].encode())

    file = UploadedFile("a.bin", "image/png", memory_bytes=1024)
    await file.write(b"x" * 1_000_000)
    request = SubgraphRequest("stock", "mutation", b"{}", files=(FilePart(("f",), file),))
    async with serving_http2(handler) as (url, _):
        response = await HttpTransport(url, pool, ONCE).send(request)
    file.close()

    assert response.body.startswith(b"multipart/form-data; boundary=")
    assert b"x" * 1_000_000 in bodies[0]


async def test_a_cancelled_call_ends_its_stream_and_no_other(pool: HttpPool) -> None:
    streams: asyncio.Queue[Stream] = asyncio.Queue()

    async def handler(stream: Stream) -> None:
        await streams.put(stream)

    async with serving_http2(handler) as (url, connections):
        transport = HttpTransport(url, pool, ONCE)
        first, second = (asyncio.create_task(transport.send(a_request())) for _ in range(2))
        cancelled, kept = await streams.get(), await streams.get()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await asyncio.wait_for(cancelled.reset.wait(), 5)
        await kept.answer(b"ok")
        response = await second

    assert (response.body, len(connections)) == (b"ok", 1)


async def test_a_call_that_takes_too_long_times_out_and_the_others_do_not(pool: HttpPool) -> None:
    async def handler(stream: Stream) -> None:
        if stream.body != b"slow":
            await stream.answer(b"ok")

    options = HttpOptions(http2=True, timeout_seconds=0.1)
    async with serving_http2(handler) as (url, _):
        transport = HttpTransport(url, pool, options)
        results = await asyncio.gather(
            transport.send(a_request(body=b"slow")),
            transport.send(a_request()),
            return_exceptions=True,
        )

    assert isinstance(results[0], SubgraphTimeout)
    assert not isinstance(results[1], BaseException)


async def test_a_connection_on_which_nothing_comes_any_more_is_left(pool: HttpPool) -> None:
    async def handler(stream: Stream) -> None:
        if stream.connection is not connections[0] or len(stream.connection.streams) == 1:
            await stream.answer(b"ok")

    options = HttpOptions(http2=True, timeout_seconds=0.1)
    async with serving_http2(handler) as (url, connections):
        transport = HttpTransport(url, pool, options)
        await transport.send(a_request())
        await asyncio.sleep(0.01)
        with pytest.raises(SubgraphTimeout):
            await transport.send(a_request())
        response = await transport.send(a_request())

    assert (response.body, len(connections)) == (b"ok", 2)


async def test_a_reply_that_is_too_long_is_not_read_on(pool: HttpPool) -> None:
    ended = asyncio.Event()

    async def handler(stream: Stream) -> None:
        sending = asyncio.ensure_future(stream.answer(b"x" * 50_000_000))
        await stream.reset.wait()
        sending.cancel()
        ended.set()

    options = HttpOptions(http2=True, max_response_bytes=100_000)
    async with serving_http2(handler) as (url, _):
        with pytest.raises(ResponseTooLarge, match="more than 100000 bytes"):
            await HttpTransport(url, pool, options).send(a_request())
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_stream_that_the_server_ends_is_unreachable(pool: HttpPool) -> None:
    async def handler(stream: Stream) -> None:
        stream.refuse(INTERNAL_ERROR)

    async with serving_http2(handler) as (url, connections):
        transport = HttpTransport(url, pool, ONCE)
        for _ in range(2):
            with pytest.raises(SubgraphUnreachable, match="'stock'"):
                await transport.send(a_request())

    assert len(connections) == 1


@pytest.mark.parametrize(("kind", "arrived"), [("query", 2), ("mutation", 1)])
async def test_a_refused_stream_is_sent_again_for_queries_only(
    pool: HttpPool, kind: RequestKind, arrived: int
) -> None:
    count = 0

    async def handler(stream: Stream) -> None:
        nonlocal count
        count += 1
        if count == 1:
            stream.refuse(REFUSED_STREAM)
        else:
            await stream.answer(b"ok")

    async with serving_http2(handler) as (url, _):
        send = HttpTransport(url, pool, ONCE).send(a_request(kind))
        if kind == "mutation":
            with pytest.raises(SubgraphUnreachable):
                await send
        else:
            assert (await send).body == b"ok"

    assert count == arrived


async def test_a_server_that_leaves_ends_what_it_works_on_and_gets_nothing_new(
    pool: HttpPool,
) -> None:
    arrived = asyncio.Event()

    async def handler(stream: Stream) -> None:
        if stream.connection is connections[0]:
            arrived.set()
        else:
            await stream.answer(b"new")

    async with serving_http2(handler) as (url, connections):
        transport = HttpTransport(url, pool, ONCE)
        under_way = asyncio.create_task(transport.send(a_request("mutation")))
        await arrived.wait()
        connections[0].leave(last_stream_id=1)
        await asyncio.sleep(0.02)
        later = await transport.send(a_request("mutation"))
        connections[0].answer_after_leaving(1, b"old")
        earlier = await under_way

    assert (earlier.body, later.body) == (b"old", b"new")


async def test_a_connection_that_breaks_ends_all_calls_on_it(pool: HttpPool) -> None:
    async def handler(stream: Stream) -> None:
        if len(stream.connection.streams) == 3:
            assert stream.connection.transport is not None
            stream.connection.transport.abort()

    async with serving_http2(handler) as (url, _):
        transport = HttpTransport(url, pool, ONCE)
        results = await asyncio.gather(
            *(transport.send(a_request("mutation")) for _ in range(3)), return_exceptions=True
        )

    assert [type(result) for result in results] == [SubgraphUnreachable] * 3


async def test_a_server_that_speaks_something_else_is_malformed(pool: HttpPool) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()

    async with conversing(conversation) as url:
        with pytest.raises(ResponseMalformed):
            await HttpTransport(url, pool, ONCE).send(a_request())


async def test_idle_connections_are_closed(pool: HttpPool) -> None:
    options = HttpOptions(http2=True, keep_alive_seconds=0.02)
    async with serving_http2(echo) as (url, connections):
        transport = HttpTransport(url, pool, options)
        await transport.send(a_request())
        async with asyncio.timeout(5):
            while not connections[0].transport.is_closing():  # type: ignore[union-attr]  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await transport.send(a_request())

    assert len(connections) == 2


def server_tls(authority: CertificateAuthority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("127.0.0.1"))
    return context


async def test_over_tls_it_is_spoken_when_the_server_agrees(pool: HttpPool, tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    tls = server_tls(authority)
    tls.set_alpn_protocols(["h2"])
    options = HttpOptions(
        http2=True,
        tls=build_tls(ca_file=authority.file),
        http2_tls=build_tls(ca_file=authority.file, http2=True),
    )
    async with serving_http2(echo, tls=tls) as (url, _):
        response = await HttpTransport(url, pool, options).send(a_request(body=b"by h2"))

    assert response.body == b"by h2"


async def test_over_tls_a_server_that_does_not_agree_gets_http1(
    pool: HttpPool, tmp_path: Path
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.version.major}.{request.version.minor}")

    authority = CertificateAuthority(tmp_path)
    options = HttpOptions(
        http2=True,
        tls=build_tls(ca_file=authority.file),
        http2_tls=build_tls(ca_file=authority.file, http2=True),
    )
    async with serving(answer, tls=server_tls(authority)) as url:
        transport = HttpTransport(url, pool, options)
        bodies = [(await transport.send(a_request("mutation"))).body for _ in range(2)]

    assert bodies == [b"1.1", b"1.1"]
