"""The way past the stack: only for connections of our own, only where nobody else has to see what is sent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.server.client_connection import ClientConnection
from gateway.server.direct_path import Shortcut
from gateway.server.refusals import answer_mishap
from tests.support.gateway import codes, running, shop_config
from tests.support.serving import serving_http

ORIGIN = "https://shop.example"


async def say_long(_request: Request) -> Response:
    return PlainTextResponse("the long way")


async def say_short(_scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"13")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"the short way"})


def an_app(endpoint: ASGIApp) -> Shortcut:
    stack = Starlette(routes=[Route("/graphql", say_long), Route("/other", say_long)])
    return Shortcut(stack, "/graphql", endpoint, answer_mishap)


async def ask(url: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url) as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("path", "http", "expected"),
    [
        ("/graphql", ClientConnection, "the short way"),
        ("/other", ClientConnection, "the long way"),
        ("/graphql", "httptools", "the long way"),
    ],
)
async def test_the_short_way_is_for_one_path_of_our_own_connections(
    path: str, http: type[asyncio.Protocol] | str, expected: str
) -> None:
    async with serving_http(an_app(say_short), http=http) as url:
        answered = await ask(url, path)

    assert answered.text == expected


async def test_a_mishap_is_answered_as_everywhere() -> None:
    async def trip(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("planted")

    async with serving_http(an_app(trip), http=ClientConnection) as url:
        answered = await ask(url, "/graphql")

    assert answered.status_code == 500
    assert codes(answered) == ["INTERNAL_SERVER_ERROR"]
    assert "planted" not in answered.text


async def test_a_mishap_amid_an_answer_ends_it() -> None:
    async def trip(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise LookupError("planted")

    async with serving_http(an_app(trip), http=ClientConnection) as url:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await ask(url, "/graphql")


@pytest.mark.parametrize("origin", [ORIGIN, "https://other.example"])
async def test_pages_of_other_origins_may_read_answers_where_that_is_allowed(
    tmp_path: Path, origin: str
) -> None:
    config = shop_config(tmp_path, cors={"allow_origins": [ORIGIN]})

    async with (
        running(config) as gateway,
        serving_http(gateway.app, http=ClientConnection) as url,
        httpx.AsyncClient(base_url=url, headers={"origin": origin}) as client,
    ):
        answered = await client.post("/graphql", json={"query": "{ reviewCount }"})

    assert answered.json() == {"data": {"reviewCount": 4}}
    allowed = answered.headers.get("access-control-allow-origin")
    assert allowed == (ORIGIN if origin == ORIGIN else None)
