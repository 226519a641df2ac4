"""Subgraphs over real HTTP, also when they are down, slow, or break off."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from gateway.errors import TransportError
from gateway.transports.base import RequestKind, SubgraphRequest
from gateway.transports.circuit_breaker import CircuitPolicy
from gateway.transports.errors import (
    ResponseTooLarge,
    SubgraphSuspended,
    SubgraphTimeout,
    SubgraphUnreachable,
)
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.retry import RetryPolicy
from tests.support.free_servers import conversing, read_request, serving

QUICK = RetryPolicy(base_delay_seconds=0.001)
NO_RETRIES = HttpOptions(retry=RetryPolicy(max_retries=0))


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool() as pool:
        yield pool


def a_request(kind: RequestKind = "query", **headers: str) -> SubgraphRequest:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return SubgraphRequest("stock", kind, b'{"query":"{a}"}', pairs)


class Answers:
    """Gives one status after the other, the last for ever."""

    def __init__(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self._statuses = statuses
        self._headers = headers
        self.count = 0

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        status = self._statuses[min(self.count, len(self._statuses) - 1)]
        self.count += 1
        return web.Response(status=status, text=str(status), headers=self._headers)


async def test_the_body_and_the_forwarded_headers_arrive(pool: HttpPool) -> None:
    seen: dict[str, str] = {}

    async def handler(request: web.Request) -> web.Response:
        seen.update({name.lower(): value for name, value in request.headers.items()})
        return web.Response(body=await request.read(), headers={"X-Kept": "1"})

    async with serving(handler) as url:
        response = await HttpTransport(url, pool).send(
            a_request(
                Authorization="Bearer x",
                Content_Length="9999",
                Host="elsewhere",
                content_type="text/plain",
                Connection="close",
            )
        )

    assert response.status == 200
    assert response.body == b'{"query":"{a}"}'
    assert response.headers.get("x-kept") == "1"
    assert seen["authorization"] == "Bearer x"
    assert seen["content-type"] == "application/json"
    assert seen["content-length"] == "15"
    assert seen["host"].startswith("127.0.0.1")
    assert "gzip" in seen["accept-encoding"]
    assert "application/graphql-response+json" in seen["accept"]


async def test_connections_are_kept_alive(pool: HttpPool) -> None:
    ports = set()

    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.Response()

    async with serving(handler) as url:
        transport = HttpTransport(url, pool)
        for _ in range(5):
            await transport.send(a_request())

    assert len(ports) == 1


async def test_cookies_of_one_answer_do_not_go_into_the_next_request(pool: HttpPool) -> None:
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("cookie"))
        return web.Response(headers={"set-cookie": "session=alice"})

    async with serving(handler) as url:
        transport = HttpTransport(url, pool)
        await transport.send(a_request())
        await transport.send(a_request())

    assert seen == [None, None]


async def test_compressed_responses_are_read(pool: HttpPool) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"x" * 5000), headers={"content-encoding": "gzip"})

    async with serving(handler) as url:
        response = await HttpTransport(url, pool).send(a_request())

    assert response.body == b"x" * 5000


async def test_a_response_that_grows_too_large_is_refused_after_decompression(
    pool: HttpPool,
) -> None:
    async def handler(_: web.Request) -> web.Response:
        bomb = gzip.compress(b"x" * 5_000_000)
        return web.Response(body=bomb, headers={"content-encoding": "gzip"})

    async with serving(handler) as url:
        transport = HttpTransport(url, pool, HttpOptions(max_response_bytes=1_000_000))
        with pytest.raises(ResponseTooLarge, match="more than 1000000 bytes"):
            await transport.send(a_request())


async def test_redirects_are_not_followed(pool: HttpPool) -> None:
    async with serving(
        Answers(302, headers={"location": "http://elsewhere.invalid/"}).answer
    ) as url:
        response = await HttpTransport(url, pool).send(a_request())

    assert response.status == 302


async def test_a_refused_connection_is_unreachable(pool: HttpPool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port either
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/graphql"
        with pytest.raises(SubgraphUnreachable, match="'stock'"):
            await HttpTransport(url, pool, HttpOptions(retry=QUICK)).send(a_request())


async def test_an_unknown_host_is_unreachable(pool: HttpPool) -> None:
    with pytest.raises(SubgraphUnreachable):
        await HttpTransport("http://nobody.invalid/graphql", pool, NO_RETRIES).send(a_request())


async def test_a_slow_subgraph_times_out(pool: HttpPool) -> None:
    released = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    async with serving(handler) as url:
        transport = HttpTransport(url, pool, HttpOptions(timeout_seconds=0.05))
        with pytest.raises(SubgraphTimeout, match=r"within 0\.05 s"):
            await transport.send(a_request())
        released.set()


async def test_a_subgraph_that_trickles_times_out_too(pool: HttpPool) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc")
        await reader.read()

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, HttpOptions(timeout_seconds=0.05))
        with pytest.raises(SubgraphTimeout):
            await transport.send(a_request())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbroken of",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbro",
    ],
)
async def test_a_connection_that_breaks_is_unreachable_and_tried_again_for_queries(
    pool: HttpPool, answer: bytes
) -> None:
    count = 0

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await read_request(reader)
        writer.write(answer)

    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, HttpOptions(retry=QUICK))
        with pytest.raises(SubgraphUnreachable):
            await transport.send(a_request("mutation"))
        assert count == 1
        with pytest.raises(SubgraphUnreachable):
            await transport.send(a_request("query"))

    assert count == 1 + 3


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_query_is_sent_again_until_it_gets_through(pool: HttpPool, status: int) -> None:
    answers = Answers(status, status, 200)
    async with serving(answers.answer) as url:
        response = await HttpTransport(url, pool, HttpOptions(retry=QUICK)).send(a_request())

    assert (response.status, answers.count) == (200, 3)


async def test_the_last_response_is_returned_when_retries_are_used_up(pool: HttpPool) -> None:
    answers = Answers(503)
    async with serving(answers.answer) as url:
        response = await HttpTransport(url, pool, HttpOptions(retry=QUICK)).send(a_request())

    assert (response.status, response.body, answers.count) == (503, b"503", 3)


@pytest.mark.parametrize(
    ("kind", "status"), [("mutation", 503), ("subscription", 503), ("query", 500)]
)
async def test_what_is_not_safe_or_no_use_to_repeat_is_sent_once(
    pool: HttpPool, kind: RequestKind, status: int
) -> None:
    answers = Answers(status)
    async with serving(answers.answer) as url:
        response = await HttpTransport(url, pool, HttpOptions(retry=QUICK)).send(a_request(kind))

    assert (response.status, answers.count) == (status, 1)


async def test_a_budget_bounds_retries_over_all_requests(pool: HttpPool) -> None:
    answers = Answers(503)
    retry = RetryPolicy(base_delay_seconds=0.001, budget_ratio=0.0, budget_reserve=3)
    async with serving(answers.answer) as url:
        transport = HttpTransport(url, pool, HttpOptions(retry=retry))
        for _ in range(5):
            await transport.send(a_request())

    assert answers.count == 5 + 3


async def test_no_more_requests_are_in_flight_than_allowed(pool: HttpPool) -> None:
    in_flight = most = 0
    full = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        if in_flight == 2:
            full.set()
        await full.wait()
        in_flight -= 1
        return web.Response()

    async with serving(handler) as url:
        transport = HttpTransport(url, pool, HttpOptions(max_concurrency=2))
        await asyncio.gather(*(transport.send(a_request()) for _ in range(8)))

    assert most == 2


async def test_a_subgraph_that_keeps_failing_is_given_a_pause(pool: HttpPool) -> None:
    answers = Answers(503)
    options = HttpOptions(
        retry=RetryPolicy(max_retries=0), circuit=CircuitPolicy(min_requests=3, pause_seconds=60)
    )
    async with serving(answers.answer) as url:
        transport = HttpTransport(url, pool, options)
        for _ in range(3):
            await transport.send(a_request())
        with pytest.raises(SubgraphSuspended):
            await transport.send(a_request())

    assert answers.count == 3


async def test_a_subgraph_out_of_reach_is_given_a_pause_but_not_for_callers_who_leave(
    pool: HttpPool,
) -> None:
    arrived = asyncio.Event()
    is_broken = False

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        arrived.set()
        if not is_broken:
            await reader.read()

    options = HttpOptions(
        retry=RetryPolicy(max_retries=0), circuit=CircuitPolicy(min_requests=1, pause_seconds=60)
    )
    async with conversing(conversation) as url:
        transport = HttpTransport(url, pool, options)
        task = asyncio.create_task(transport.send(a_request()))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        is_broken = True
        with pytest.raises(SubgraphUnreachable):
            await transport.send(a_request())
        with pytest.raises(SubgraphSuspended):
            await transport.send(a_request())


async def test_cancelling_gives_the_place_back(pool: HttpPool) -> None:
    released = asyncio.Event()
    arrived = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        arrived.set()
        await released.wait()
        return web.Response()

    async with serving(handler) as url:
        transport = HttpTransport(url, pool, HttpOptions(max_concurrency=1))
        task = asyncio.create_task(transport.send(a_request()))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        released.set()
        response = await transport.send(a_request())

    assert response.status == 200


async def test_a_closed_pool_sends_nothing(pool: HttpPool) -> None:
    answers = Answers(200)
    async with serving(answers.answer) as url:
        transport = HttpTransport(url, pool)
        await transport.send(a_request())
        await transport.close()
        await pool.close()
        await pool.close()
        with pytest.raises(TransportError, match="closed"):
            await transport.send(a_request())

    assert answers.count == 1
