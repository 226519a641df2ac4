"""Subgraphs of the same process: an ASGI app, called directly."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gateway.transports.base import SubgraphRequest
from gateway.transports.errors import ResponseTooLarge, SubgraphCrashed, SubgraphTimeout
from gateway.transports.in_process import ASGIApp, InProcessTransport


def a_request(*headers: tuple[str, str]) -> SubgraphRequest:
    return SubgraphRequest("stock", "query", b'{"query":"{a}"}', headers)


def an_app(endpoint: Any, path: str = "/graphql") -> ASGIApp:
    return Starlette(routes=[Route(path, endpoint, methods=["POST"])])


async def test_the_app_sees_an_ordinary_request() -> None:
    async def endpoint(request: Request) -> Response:
        return JSONResponse(
            {
                "body": await request.json(),
                "auth": request.headers["authorization"],
                "type": request.headers["content-type"],
                "lengths": request.headers.getlist("content-length"),
                "state": request.state.colour,
            },
            status_code=201,
            headers={"X-Kept": "1"},
        )

    transport = InProcessTransport(an_app(endpoint, "/sub"), path="/sub", state={"colour": "red"})
    response = await transport.send(
        a_request(("Authorization", "Bearer x"), ("Content-Length", "99"))
    )

    assert response.status == 201
    assert response.headers["x-kept"] == "1"
    assert response.body == (
        b'{"body":{"query":"{a}"},"auth":"Bearer x","type":"application/json",'
        b'"lengths":["15"],"state":"red"}'
    )


async def test_streamed_bodies_are_put_together() -> None:
    async def endpoint(_: Request) -> Response:
        async def chunks() -> Any:
            yield b"a"
            yield b"b"

        return StreamingResponse(chunks())

    assert (await InProcessTransport(an_app(endpoint)).send(a_request())).body == b"ab"


async def test_the_answer_of_error_middleware_stands() -> None:
    """Starlette answers 500 and raises again, for the server's log."""

    async def endpoint(_: Request) -> Response:
        raise RuntimeError("secret")

    response = await InProcessTransport(an_app(endpoint)).send(a_request())

    assert (response.status, response.body) == (500, b"Internal Server Error")


async def test_an_app_that_raises_or_says_nothing_has_crashed() -> None:
    async def raises(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("boom")

    async def is_silent(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    for app in (raises, is_silent):
        with pytest.raises(SubgraphCrashed, match="'stock'"):
            await InProcessTransport(app).send(a_request())


async def test_a_slow_app_times_out_and_is_stopped() -> None:
    stopped = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    with pytest.raises(SubgraphTimeout):
        await InProcessTransport(app, timeout_seconds=0.01).send(a_request())
    assert stopped.is_set()


async def test_a_response_that_grows_too_large_is_refused() -> None:
    async def endpoint(_: Request) -> Response:
        return Response(b"x" * 100)

    with pytest.raises(ResponseTooLarge):
        await InProcessTransport(an_app(endpoint), max_response_bytes=99).send(a_request())


async def test_an_app_that_listens_for_the_client_leaving_hears_it_after_the_answer() -> None:
    heard: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append((await receive())["type"])
        listening = asyncio.create_task(receive())
        await asyncio.sleep(0)
        assert not listening.done()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x"})
        heard.append((await listening)["type"])

    response = await InProcessTransport(app).send(a_request())

    assert response.body == b"x"
    assert heard == ["http.request", "http.disconnect"]


async def test_cancelling_the_caller_stops_the_app() -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    task = asyncio.create_task(InProcessTransport(app).send(a_request()))
    await started.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert stopped.is_set()
    assert task.cancelled()


async def test_what_the_app_binds_to_its_context_stays_there() -> None:
    bound = contextvars.ContextVar("bound", default="gateway")

    async def endpoint(_: Request) -> Response:
        seen = bound.get()
        bound.set("app")
        return Response(seen)

    response = await InProcessTransport(an_app(endpoint)).send(a_request())

    assert response.body == b"gateway"
    assert bound.get() == "gateway"
