"""What a call may need on its way: joining, waiting, hashes instead of texts, compression, files."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from hashlib import sha256

import pytest
from aiohttp import BodyPartReader, web

from gateway.transports.base import RequestKind, SubgraphRequest
from gateway.transports.circuit_breaker import CircuitPolicy, CircuitState
from gateway.transports.errors import SubgraphOverloaded, SubgraphTimeout, SubgraphUnreachable
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.retry import RetryPolicy
from gateway.transports.uploads import FilePart, UploadedFile
from tests.support.free_servers import conversing, serving

TEXT = 'query($a: Int) { stock(name: "a \\"quoted\\" ☃") }'
BODY = json.dumps({"query": TEXT, "variables": {"a": 1}}, separators=(",", ":")).encode()


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    async with HttpPool() as pool:
        yield pool


def a_request(kind: RequestKind = "query", body: bytes = BODY, **headers: str) -> SubgraphRequest:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return SubgraphRequest("stock", kind, body, pairs)


class Gate:
    """A subgraph that answers with what it was asked, once it is opened."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._open = asyncio.Event()
        self._changed = asyncio.Condition()

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        async with self._changed:
            self.asked.append(body)
            self._changed.notify_all()
        await self._open.wait()
        return web.Response(text=body)

    def open(self) -> None:
        self._open.set()

    async def until_asked(self, count: int) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self.asked) >= count)


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def circuit_changed(self, state: CircuitState) -> None:
        self.heard.append(state.value)

    def retried(self) -> None:
        self.heard.append("retried")

    def joined(self) -> None:
        self.heard.append("joined")


JOINING = HttpOptions(coalesce=True, retry=RetryPolicy(max_retries=0))


async def test_equal_queries_in_flight_are_sent_once(pool: HttpPool) -> None:
    gate, listener = Gate(), Listener()
    async with serving(gate.answer) as url:
        transport = HttpTransport(url, pool, JOINING, listener=listener)
        requests = [a_request(authorization="a", x_request_id=str(n)) for n in range(3)]
        calls = [asyncio.create_task(transport.send(request)) for request in requests]
        await gate.until_asked(1)
        gate.open()
        responses = await asyncio.gather(*calls)
        await transport.send(requests[0])

    assert {response.body for response in responses} == {BODY}
    assert len(gate.asked) == 1 + 1
    assert listener.heard == ["joined"] * 2


@pytest.mark.parametrize(
    "other",
    [
        a_request(authorization="b"),
        a_request(),
        a_request(body=BODY + b" ", authorization="a"),
        a_request("mutation", authorization="a"),
        a_request(authorization="a", accept_language="de"),
    ],
)
async def test_what_differs_is_sent_by_itself(pool: HttpPool, other: SubgraphRequest) -> None:
    gate = Gate()
    async with serving(gate.answer) as url:
        transport = HttpTransport(url, pool, JOINING)
        calls = [
            asyncio.create_task(transport.send(request))
            for request in (a_request(authorization="a"), other)
        ]
        await gate.until_asked(2)
        gate.open()
        await asyncio.gather(*calls)

    assert len(gate.asked) == 2


async def test_a_query_does_not_join_one_that_began_before_a_write(pool: HttpPool) -> None:
    gate = Gate()

    async def answer(request: web.Request) -> web.Response:
        if b"write" in await request.read():
            return web.Response()
        return await gate.answer(request)

    async with serving(answer) as url:
        transport = HttpTransport(url, pool, JOINING)
        before = asyncio.create_task(transport.send(a_request()))
        await gate.until_asked(1)
        await transport.send(a_request("mutation", b"write"))
        after = asyncio.create_task(transport.send(a_request()))
        await gate.until_asked(2)
        gate.open()
        await asyncio.gather(before, after)

    assert len(gate.asked) == 2


async def test_one_who_leaves_leaves_the_call_to_the_others_and_the_last_ends_it(
    pool: HttpPool,
) -> None:
    gate = Gate()
    async with serving(gate.answer) as url:
        transport = HttpTransport(url, pool, JOINING)
        first, second = (asyncio.create_task(transport.send(a_request())) for _ in range(2))
        await gate.until_asked(1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        third = asyncio.create_task(transport.send(a_request()))
        await asyncio.sleep(0)
        assert len(gate.asked) == 1
        second.cancel()
        third.cancel()
        assert [
            type(result) for result in await asyncio.gather(second, third, return_exceptions=True)
        ] == [asyncio.CancelledError] * 2
        again = asyncio.create_task(transport.send(a_request()))
        await gate.until_asked(2)
        gate.open()
        assert (await again).status == 200


async def test_all_who_joined_are_told_of_the_failure(pool: HttpPool) -> None:
    arrived = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        arrived.set()
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with serving(answer) as url:
        transport = HttpTransport(url, pool, JOINING)
        results = await asyncio.gather(
            *(transport.send(a_request()) for _ in range(2)), return_exceptions=True
        )

    assert [type(result) for result in results] == [SubgraphUnreachable] * 2


async def test_more_than_may_wait_are_refused_at_once_and_blame_nobody(pool: HttpPool) -> None:
    gate, listener = Gate(), Listener()
    options = HttpOptions(max_concurrency=1, max_waiting=1, circuit=CircuitPolicy(min_requests=1))
    async with serving(gate.answer) as url:
        transport = HttpTransport(url, pool, options, listener=listener)
        calls = [asyncio.create_task(transport.send(a_request())) for _ in range(2)]
        await gate.until_asked(1)
        with pytest.raises(SubgraphOverloaded, match="1 requests wait for subgraph 'stock'"):
            await transport.send(a_request())
        gate.open()
        responses = await asyncio.gather(*calls)

    assert [response.status for response in responses] == [200, 200]
    assert listener.heard == []


async def test_waiting_counts_towards_the_time_limit_and_gives_its_turn_on(pool: HttpPool) -> None:
    gate = Gate()
    async with serving(gate.answer) as url:
        transport = HttpTransport(url, pool, HttpOptions(max_concurrency=1, timeout_seconds=0.1))
        results = await asyncio.gather(
            *(transport.send(a_request()) for _ in range(2)), return_exceptions=True
        )
        gate.open()
        response = await transport.send(a_request())

    assert [type(result) for result in results] == [SubgraphTimeout] * 2
    assert response.status == 200


async def test_a_listener_hears_of_retries_and_of_the_circuit(pool: HttpPool) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=503)

    listener = Listener()
    options = HttpOptions(
        retry=RetryPolicy(max_retries=1, base_delay_seconds=0.001),
        circuit=CircuitPolicy(min_requests=1, pause_seconds=0.0),
    )
    async with serving(answer) as url:
        transport = HttpTransport(url, pool, options, listener=listener)
        await transport.send(a_request())
        await transport.send(a_request())

    assert listener.heard == ["retried", "open", "half_open", "retried", "open"]


async def test_retries_end_with_the_time_limit(pool: HttpPool) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=503, headers={"retry-after": "1"})

    retry = RetryPolicy(max_retries=5, max_delay_seconds=2)
    async with serving(answer) as url:
        transport = HttpTransport(url, pool, HttpOptions(retry=retry, timeout_seconds=0.5))
        response = await transport.send(a_request())

    assert response.status == 503


def error(message: str, code: str | None = None) -> dict[str, object]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


class Persisting:
    """A subgraph with automatic persisted queries, or one of those that know of none."""

    def __init__(self, refuse: Callable[[], web.Response] | None = None) -> None:
        self._refuse = refuse
        self._texts: dict[str, str] = {}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        payload = await request.json()
        text = payload.get("query")
        wanted = payload.get("extensions", {}).get("persistedQuery", {}).get("sha256Hash")
        self.asked.append("+".join(["text"] * (text is not None) + ["hash"] * (wanted is not None)))
        if self._refuse is not None and text is None:
            return self._refuse()
        if wanted is not None and text is not None:
            assert wanted == sha256(text.encode()).hexdigest()
            self._texts[wanted] = text
        text = text or self._texts.get(wanted)
        if text is None:
            return web.json_response(error("PersistedQueryNotFound"))
        return web.json_response({"data": {"text": text, "variables": payload["variables"]}})


BY_HASH = HttpOptions(persisted_queries=True, retry=RetryPolicy(max_retries=0))


async def test_the_text_is_sent_once_and_then_its_hash(pool: HttpPool) -> None:
    subgraph = Persisting()
    async with serving(subgraph.answer) as url:
        transport = HttpTransport(url, pool, BY_HASH)
        bodies = [json.loads((await transport.send(a_request(kind))).body) for kind in KINDS]

    assert bodies == [{"data": {"text": TEXT, "variables": {"a": 1}}}] * 3
    assert subgraph.asked == ["hash", "text+hash", "hash", "hash"]


KINDS: tuple[RequestKind, ...] = ("mutation", "query", "query")


@pytest.mark.parametrize(
    "refuse",
    [
        lambda: web.json_response(error("PersistedQueryNotSupported")),
        lambda: web.json_response(error("no", "PERSISTED_QUERY_NOT_SUPPORTED"), status=400),
        lambda: web.json_response(error("Must provide query string."), status=400),
        lambda: web.Response(text="<h1>Unprocessable</h1>", status=422),
    ],
)
async def test_a_subgraph_that_knows_no_hashes_is_asked_once(
    pool: HttpPool, refuse: Callable[[], web.Response]
) -> None:
    subgraph = Persisting(refuse)
    async with serving(subgraph.answer) as url:
        transport = HttpTransport(url, pool, BY_HASH)
        statuses = [(await transport.send(a_request())).status for _ in range(2)]

    assert statuses == [200, 200]
    assert subgraph.asked == ["hash", "text", "text"]


async def test_a_refusal_that_has_other_reasons_is_passed_on(pool: HttpPool) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append("query" in await request.json())
        return web.json_response(error("persisted or not, no"), status=403)

    async with serving(answer) as url:
        transport = HttpTransport(url, pool, BY_HASH)
        statuses = [(await transport.send(a_request())).status for _ in range(2)]

    assert statuses == [403, 403]
    assert asked == [False, True] * 2


async def test_a_body_without_a_text_to_hash_is_sent_as_it_is(pool: HttpPool) -> None:
    gate = Gate()
    gate.open()
    async with serving(gate.answer) as url:
        await HttpTransport(url, pool, BY_HASH).send(a_request(body=b'{"a":1}'))

    assert gate.asked == ['{"a":1}']


async def test_large_requests_are_compressed_until_a_subgraph_cannot_read_them(
    pool: HttpPool,
) -> None:
    codings = []

    async def answer(request: web.Request) -> web.Response:
        codings.append(request.headers.get("content-encoding"))
        body = await request.read()  # aiohttp has decompressed it
        if body.startswith(b"refused") and codings[-1]:
            return web.Response(status=415)
        return web.Response(body=body)

    async with serving(answer) as url:
        transport = HttpTransport(url, pool, HttpOptions(compress_min_bytes=1000))
        bodies = [b"small", b"large" * 1000, b"refused" * 1000, b"large" * 1000]
        answers = [(await transport.send(a_request("mutation", body))).body for body in bodies]

    assert answers == bodies
    assert codings == [None, "gzip", "gzip", None, None]


async def test_responses_in_gzip_are_read(pool: HttpPool) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"plain"), headers={"content-encoding": "gzip"})

    async with serving(answer) as url:
        response = await HttpTransport(url, pool).send(a_request())

    assert response.body == b"plain"


@pytest.mark.parametrize("size_bytes", [0, 10, 5_000_000])
async def test_files_go_as_a_multipart_request_piece_by_piece(
    pool: HttpPool, size_bytes: int
) -> None:
    content = bytes(range(256)) * (size_bytes // 256) + b"x" * (size_bytes % 256)
    seen: dict[str, bytes] = {}

    async def answer(request: web.Request) -> web.Response:
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            seen[part.name or ""] = bytes(await part.read())
        return web.Response(text=str(request.content_length))

    file = UploadedFile("a.bin", "image/png", memory_bytes=1024)
    await file.write(content)
    body = b'{"query":"mutation($f: Upload!) { put(f: $f) }","variables":{"f":null}}'
    request = SubgraphRequest("stock", "mutation", body, files=(FilePart(("f",), file),))
    async with serving(answer, max_bytes=10_000_000) as url:
        transport = HttpTransport(url, pool, HttpOptions(persisted_queries=True))
        statuses = [(await transport.send(request)).status for _ in range(2)]
    file.close()

    assert statuses == [200, 200]
    assert seen["operations"] == body
    assert json.loads(seen["map"]) == {"0": ["variables.f"]}
    assert seen["0"] == content


async def test_a_reply_in_the_middle_of_a_file_ends_its_sending(pool: HttpPool) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        await reader.read(10)

    file = UploadedFile("a.bin", "image/png", memory_bytes=1024)
    await file.write(b"x" * 20_000_000)
    request = SubgraphRequest("stock", "mutation", b"{}", files=(FilePart(("f",), file),))
    async with conversing(conversation) as url:
        response = await HttpTransport(url, pool, HttpOptions(timeout_seconds=10)).send(request)
    file.close()

    assert response.status == 413
