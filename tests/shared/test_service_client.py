from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.clock import ManualClock
from shared.errors import UpstreamUnavailable, UpstreamUnknown
from shared.local_apps import publish_app
from shared.service_client import (
    ATTEMPTS,
    FAILURES_TO_OPEN,
    OPEN_FOR,
    CircuitState,
    ServiceClient,
    UpstreamRefused,
)
from shared.settings import load_settings


class Upstream:
    """Another service and accounts' token endpoint, at their HTTP edge."""

    def __init__(self) -> None:
        self.answer: Callable[[], Response] = lambda: JSONResponse({"data": {"ok": True}})
        self.calls = 0
        self.tokens = 0
        self.authorizations: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        routes = [
            Route("/graphql", self._graphql, methods=["POST"]),
            Route("/oauth/token", self._token, methods=["POST"]),
        ]
        publish_app("upstream", Starlette(routes=routes))

    async def _graphql(self, request: Request) -> Response:
        self.calls += 1
        self.authorizations.append(request.headers["authorization"])
        await self.may_answer.wait()
        return self.answer()

    async def _token(self, _: Request) -> Response:
        self.tokens += 1
        return JSONResponse({"access_token": f"token-{self.tokens}", "expires_in": 600})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2030, 1, 7, 9, 0, tzinfo=UTC))


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
async def client(clock: ManualClock) -> AsyncIterator[ServiceClient]:
    environment = {
        "CATTERY_ACCOUNTS_URL": "app://upstream",
        "CATTERY_MATCHING_URL": "app://upstream",
        "CATTERY_JOBS_URL": "app://nobody",
        "CATTERY_SERVICE_SECRET": "secret",
    }
    opened = ServiceClient("matching", load_settings("orders", environment), clock)
    yield opened
    await opened.close()


async def test_a_call_carries_a_token_that_is_fetched_once(
    client: ServiceClient, upstream: Upstream, clock: ManualClock
) -> None:
    for _ in range(3):
        assert await client.execute("{ ok }", {}) == {"ok": True}
    clock.advance(timedelta(minutes=10))
    await client.execute("{ ok }", {})

    assert upstream.authorizations == ["Bearer token-1"] * 3 + ["Bearer token-2"]


async def test_a_refusal_is_an_answer(client: ServiceClient, upstream: Upstream) -> None:
    refusal = {"message": "No.", "extensions": {"code": "BAD_STATE"}}
    upstream.answer = lambda: JSONResponse({"data": None, "errors": [refusal]})

    with pytest.raises(UpstreamRefused, match="No") as raised:
        await client.execute("{ ok }", {})

    assert raised.value.refusal == "BAD_STATE"
    assert (upstream.calls, client.circuit.state) == (1, CircuitState.CLOSED)


@pytest.mark.parametrize(
    "answer",
    [
        lambda: PlainTextResponse("<html>", status_code=502),
        lambda: PlainTextResponse("{"),
        lambda: JSONResponse([]),
        lambda: JSONResponse({"data": None}),
        lambda: JSONResponse({"data": {"ok": True}}, status_code=500),
    ],
    ids=["bad gateway", "broken", "a list", "no data", "failed"],
)
async def test_an_answer_nobody_can_read_leaves_it_unknown_after_every_attempt(
    client: ServiceClient, upstream: Upstream, answer: Callable[[], Response]
) -> None:
    upstream.answer = answer

    with pytest.raises(UpstreamUnknown):
        await client.execute("{ ok }", {})

    assert upstream.calls == ATTEMPTS


async def test_a_service_that_is_not_there_has_certainly_done_nothing(
    client: ServiceClient, upstream: Upstream
) -> None:
    client.service = "jobs"

    with pytest.raises(UpstreamUnavailable):
        await client.execute("{ ok }", {})


async def test_the_circuit_opens_and_tries_one_call_after_a_while(
    client: ServiceClient, upstream: Upstream, clock: ManualClock
) -> None:
    upstream.answer = lambda: Response(status_code=500)
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(UpstreamUnknown):
            await client.execute("{ ok }", {})
    calls = upstream.calls

    with pytest.raises(UpstreamUnavailable):
        await client.execute("{ ok }", {})
    spared = upstream.calls == calls
    clock.advance(OPEN_FOR)
    with pytest.raises(UpstreamUnknown):
        await client.execute("{ ok }", {})
    reopened = client.circuit.state
    clock.advance(OPEN_FOR)
    upstream.answer = lambda: JSONResponse({"data": {"ok": True}})
    await client.execute("{ ok }", {})

    assert spared
    assert reopened is CircuitState.OPEN
    assert client.circuit.state is CircuitState.CLOSED


async def test_a_caller_who_leaves_while_the_circuit_is_tried_does_not_keep_it_shut(
    client: ServiceClient, upstream: Upstream, clock: ManualClock
) -> None:
    upstream.answer = lambda: Response(status_code=500)
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(UpstreamUnknown):
            await client.execute("{ ok }", {})
    clock.advance(OPEN_FOR)
    upstream.answer = lambda: JSONResponse({"data": {"ok": True}})
    upstream.may_answer.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await client.execute("{ ok }", {})
    upstream.may_answer.set()

    assert await client.execute("{ ok }", {}) == {"ok": True}


async def test_without_a_secret_no_call_goes_out(clock: ManualClock, upstream: Upstream) -> None:
    environment = {
        "CATTERY_ACCOUNTS_URL": "app://upstream",
        "CATTERY_MATCHING_URL": "app://upstream",
    }
    client = ServiceClient("matching", load_settings("orders", environment), clock)

    with pytest.raises(UpstreamUnavailable, match="CATTERY_SERVICE_SECRET"):
        await client.execute("{ ok }", {})
    await client.close()

    assert upstream.calls == 0
