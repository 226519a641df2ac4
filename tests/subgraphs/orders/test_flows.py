"""The synchronous trigger of a search, and what happens when matching is not there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.identity import Role
from shared.local_apps import publish_app
from shared.service_client import ServiceClient
from subgraphs.orders.flows import SearchFlow, search_id
from subgraphs.orders.models import Order
from subgraphs.orders.repository import OrderRepository
from subgraphs.orders.states import OrderState
from tests.support.callers import a_person
from tests.support.service import RunningService, running_service

from .builders import an_order
from .test_schema import SUBMIT, a_submission


@dataclass
class FakeMatching:
    """Matching and accounts' token endpoint at their HTTP edge."""

    status: int = 200
    accepted: bool = True
    calls: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> Starlette:
        async def graphql(request: Request) -> JSONResponse:
            self.calls.append((await request.json())["variables"])
            answer = {"searchId": self.calls[-1]["searchId"], "accepted": self.accepted}
            return JSONResponse({"data": {"startSearch": answer}}, status_code=self.status)

        async def token(_: Request) -> JSONResponse:
            return JSONResponse({"access_token": "t", "expires_in": 600})

        return Starlette(
            routes=[
                Route("/graphql", graphql, methods=["POST"]),
                Route("/oauth/token", token, methods=["POST"]),
            ]
        )


@pytest.fixture
def matching() -> FakeMatching:
    fake = FakeMatching()
    publish_app("fake-matching", fake.app())
    return fake


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    environment = {
        "CATTERY_ORDERS_DEMO": "true",
        "CATTERY_MATCHING_URL": "app://fake-matching",
        "CATTERY_ACCOUNTS_URL": "app://fake-matching",
        "CATTERY_SERVICE_SECRET": "secret",
    }
    async with running_service("orders", tmp_path, environment) as running:
        yield running


async def retry_due(service: RunningService, *, matching_url: str = "app://fake-matching") -> None:
    client = ServiceClient("matching", service.settings, service.clock)
    try:
        await SearchFlow(service.database, service.clock, client).retry_due()
    finally:
        await client.close()


async def find(service: RunningService, order_id: UUID) -> Order:
    async with service.database.reading() as session:
        return (await OrderRepository(session).find_orders([order_id]))[order_id]


async def test_submitting_triggers_the_search(
    service: RunningService, matching: FakeMatching
) -> None:
    variables = {"input": a_submission(service), "key": "k"}

    answer = await service.fetch(SUBMIT, variables, caller=a_person(Role.CLIENT))

    order_id = UUID(answer["submitOrder"]["id"])
    assert answer["submitOrder"]["state"] == "SEARCHING"
    assert [call["searchId"] for call in matching.calls] == [str(search_id(order_id, 1))]
    assert json.loads(matching.calls[0]["request"])["priceMinor"] == "10000"


async def test_an_order_is_taken_while_matching_is_away_and_searched_for_later(
    tmp_path: Path,
) -> None:
    async with running_service(
        "orders", tmp_path, {"CATTERY_ORDERS_DEMO": "true", "CATTERY_SERVICE_SECRET": "s"}
    ) as service:
        variables = {"input": a_submission(service), "key": "k"}
        answer = await service.fetch(SUBMIT, variables, caller=a_person(Role.CLIENT))
        order_id = UUID(answer["submitOrder"]["id"])
    assert answer["submitOrder"]["state"] == "SUBMITTED"

    fake = FakeMatching()
    publish_app("late-matching", fake.app())
    environment = {
        "CATTERY_MATCHING_URL": "app://late-matching",
        "CATTERY_ACCOUNTS_URL": "app://late-matching",
        "CATTERY_SERVICE_SECRET": "s",
    }
    async with running_service("orders", tmp_path, environment) as service:
        await retry_due(service)
        state = (await find(service, order_id)).state

    assert state is OrderState.SEARCHING
    assert {call["searchId"] for call in fake.calls} == {str(search_id(order_id, 1))}


@pytest.mark.parametrize(("status", "accepted"), [(500, True), (200, False)])
async def test_a_search_that_is_not_accepted_leaves_the_order_submitted(
    service: RunningService, matching: FakeMatching, status: int, accepted: bool
) -> None:
    matching.status, matching.accepted = status, accepted
    variables = {"input": a_submission(service), "key": "k"}

    answer = await service.fetch(SUBMIT, variables, caller=a_person(Role.CLIENT))

    assert answer["submitOrder"]["state"] == "SUBMITTED"


async def test_a_waiting_order_is_searched_for_again_when_it_is_due(
    service: RunningService, matching: FakeMatching
) -> None:
    async with service.database.transaction() as session:
        order = await an_order(session, service.clock, state=OrderState.WAITING_WORKER)

    await retry_due(service)
    early = (await find(service, order.id)).state
    service.advance(timedelta(minutes=2))
    await retry_due(service)
    late = await find(service, order.id)

    assert early is OrderState.WAITING_WORKER
    assert (late.state, late.attempt) == (OrderState.SEARCHING, 2)
    assert [call["searchId"] for call in matching.calls] == [str(search_id(order.id, 2))]


async def test_a_manager_can_hurry_a_search(
    service: RunningService, matching: FakeMatching
) -> None:
    async with service.database.transaction() as session:
        order = await an_order(session, service.clock, state=OrderState.WAITING_WORKER)
    operation = "mutation ($id: ID!) { retriggerSearch(orderId: $id) { state } }"

    first = await service.execute(operation, {"id": str(order.id)}, caller=a_person(Role.MANAGER))
    second = await service.execute(operation, {"id": str(order.id)}, caller=a_person(Role.MANAGER))

    assert first.data == {"retriggerSearch": {"state": "SEARCHING"}}
    assert second.codes == ["BAD_STATE"]


async def test_a_reorder_tells_matching_whom_not_to_send_again(
    service: RunningService, matching: FakeMatching
) -> None:
    client = a_person(Role.CLIENT)
    async with service.database.transaction() as session:
        order = await an_order(
            session, service.clock, state=OrderState.FAILED, client_id=client.account_id
        )
    operation = 'mutation ($id: ID!, $at: DateTime!) { reorder(id: $id, startsAt: $at, key: "r") { reorderOf { id } } }'
    at = (service.clock.now() + timedelta(days=1)).isoformat()

    answer = await service.fetch(operation, {"id": str(order.id), "at": at}, caller=client)

    assert answer["reorder"]["reorderOf"]["id"] == str(order.id)
    assert json.loads(matching.calls[0]["request"])["excluded"] == [str(order.worker_id)]
