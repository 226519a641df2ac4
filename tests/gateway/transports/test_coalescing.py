"""Calls that several wait for: whoever leaves, in whatever moment, takes nothing from the others."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.transports.base import SubgraphRequest, SubgraphResponse
from gateway.transports.coalescing import Flights
from gateway.transports.errors import SubgraphUnreachable

REQUEST = SubgraphRequest("stock", "query", b"{}", (("authorization", "a"),))
RESPONSE = SubgraphResponse(200, b"{}")


@pytest.fixture
async def overlooked() -> AsyncIterator[list[dict[str, Any]]]:
    """What the event loop reports as overlooked."""
    loop, reports = asyncio.get_running_loop(), list[dict[str, Any]]()
    loop.set_exception_handler(lambda _, report: reports.append(report))
    yield reports
    loop.set_exception_handler(None)


async def send_never(_: SubgraphRequest) -> SubgraphResponse:
    await asyncio.Event().wait()
    return RESPONSE


@pytest.mark.parametrize("others", [0, 1])
async def test_a_call_that_fails_in_the_moment_its_waiter_leaves_is_nobodys_problem(
    others: int, overlooked: list[dict[str, Any]]
) -> None:
    flights = Flights()
    waiters: list[asyncio.Task[tuple[SubgraphResponse, bool]]] = []

    async def send(_: SubgraphRequest) -> SubgraphResponse:
        await asyncio.sleep(0)  # until all have joined
        waiters[0].cancel()
        raise SubgraphUnreachable("gone")

    waiters.extend(asyncio.create_task(flights.join(REQUEST, send)) for _ in range(1 + others))
    kinds = [type(result) for result in await asyncio.gather(*waiters, return_exceptions=True)]
    waiters.clear()
    await asyncio.sleep(0)  # the loop lets go of what it has just called
    gc.collect()  # it is when the call is gone that it is found to have been overlooked

    assert kinds == [asyncio.CancelledError] + [SubgraphUnreachable] * others
    assert overlooked == []


async def test_one_who_leaves_in_the_moment_the_response_comes_keeps_it_from_nobody() -> None:
    flights = Flights()

    async def send(_: SubgraphRequest) -> SubgraphResponse:
        await asyncio.sleep(0)
        leaver.cancel()
        return RESPONSE

    leaver = asyncio.create_task(flights.join(REQUEST, send))
    stayer = asyncio.create_task(flights.join(REQUEST, send))
    results = await asyncio.gather(leaver, stayer, return_exceptions=True)

    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] == (RESPONSE, True)


async def test_a_call_that_is_cancelled_from_outside_cancels_those_who_wait() -> None:
    flights, call = Flights(), asyncio.get_running_loop().create_future()

    async def send(request: SubgraphRequest) -> SubgraphResponse:
        call.set_result(asyncio.current_task())
        return await send_never(request)

    waiters = [asyncio.create_task(flights.join(REQUEST, send)) for _ in range(2)]
    (await call).cancel()
    results = await asyncio.gather(*waiters, return_exceptions=True)

    assert [type(result) for result in results] == [asyncio.CancelledError] * 2


async def test_after_the_last_has_left_the_next_starts_anew() -> None:
    flights = Flights()
    waiter = asyncio.create_task(flights.join(REQUEST, send_never))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.wait({waiter})

    async def send(_: SubgraphRequest) -> SubgraphResponse:
        return RESPONSE

    assert await flights.join(REQUEST, send) == (RESPONSE, False)
    assert await flights.join(REQUEST, send) == (RESPONSE, False)
