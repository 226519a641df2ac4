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

from shared.clock import ManualClock
from shared.database import Database
from shared.identity import Role
from shared.local_apps import publish_app
from shared.service_client import ServiceClient
from shared.settings import load_settings
from subgraphs.orders.flows import SearchFlow, search_id
from subgraphs.orders.models import Order
from subgraphs.orders.repository import OrderRepository
from subgraphs.orders.service import NOBODY_FOUND
from subgraphs.orders.states import UNSERVED, OrderState
from tests.support.callers import a_person
from tests.support.service import RunningService, running_service
from tests.support.waiting import until

from .builders import an_order
from .test_schema import SUBMIT, a_submission


@dataclass
class FakeMatching:
    """Matching and accounts' token endpoint at their HTTP edge."""

    status: int = 200
    accepted: bool = True
    refusal: str | None = None
    """Why it will not call a search off."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Of searches to start."""
    ended: list[str] = field(default_factory=list)
    """Searches that were to be called off."""

    def app(self) -> Starlette:
        async def graphql(request: Request) -> JSONResponse:
            asked = await request.json()
            if "cancelSearch" in asked["query"]:
                return self._end(asked["variables"]["searchId"])
            self.calls.append(asked["variables"])
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

    def _end(self, search: str) -> JSONResponse:
        self.ended.append(search)
        if self.refusal is not None:
            error = {"message": "no", "extensions": {"code": self.refusal}}
            return JSONResponse({"data": None, "errors": [error]})
        answer = {"data": {"cancelSearch": {"searchId": search}}}
        return JSONResponse(answer, status_code=self.status)


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


@pytest.fixture
async def flow(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[SearchFlow]:
    """The flow alone: in a service its timers would go on by themselves."""
    environment = {
        "CATTERY_DATA_DIR": str(tmp_path),
        "CATTERY_MATCHING_URL": "app://fake-matching",
        "CATTERY_ACCOUNTS_URL": "app://fake-matching",
        "CATTERY_SERVICE_SECRET": "secret",
    }
    client = ServiceClient("matching", load_settings("orders", environment), clock)
    yield SearchFlow(database, clock, client)
    await client.close()


async def make_order(flow: SearchFlow, clock: ManualClock, state: OrderState) -> Order:
    async with flow.database.transaction() as session:
        return await an_order(session, clock, state=state)


async def find(database: Database, order_id: UUID) -> Order:
    async with database.reading() as session:
        return (await OrderRepository(session).find_orders([order_id]))[order_id]


async def test_submitting_triggers_the_search(
    service: RunningService, matching: FakeMatching
) -> None:
    variables = {"input": a_submission(service), "key": "k"}

    answer = await service.fetch(SUBMIT, variables, caller=a_person(Role.CLIENT))

    order_id = UUID(answer["submitOrder"]["id"])
    assert answer["submitOrder"]["state"] == "SEARCHING"
    # The timer may have asked for it as well: it is one search all the same.
    assert {call["searchId"] for call in matching.calls} == {str(search_id(order_id, 1))}
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

        async def is_searched_for() -> bool:
            return (await find(service.database, order_id)).state is OrderState.SEARCHING

        await until(is_searched_for)

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
    flow: SearchFlow, clock: ManualClock, matching: FakeMatching
) -> None:
    order = await make_order(flow, clock, OrderState.WAITING_WORKER)

    await flow.retry_due()
    early = (await find(flow.database, order.id)).state
    clock.advance(timedelta(minutes=2))
    await flow.retry_due()
    late = await find(flow.database, order.id)

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


@pytest.mark.parametrize("state", sorted(UNSERVED))
@pytest.mark.parametrize("refusal", [None, "NOT_FOUND"])
async def test_a_search_goes_on_until_the_start_and_no_longer(
    flow: SearchFlow,
    clock: ManualClock,
    matching: FakeMatching,
    state: OrderState,
    refusal: str | None,
) -> None:
    matching.refusal = refusal
    order = await make_order(flow, clock, state)

    await flow.call_off_unserved()
    early = (await find(flow.database, order.id)).state
    clock.instant = order.starts_at
    await flow.retry_due()
    await flow.call_off_unserved()
    late = await find(flow.database, order.id)

    assert early is state
    assert (late.state, late.cancel_reason) == (OrderState.CANCELLED, NOBODY_FOUND)
    assert matching.calls == []
    next_search = search_id(order.id, 2 if state is OrderState.WAITING_WORKER else 1)
    assert matching.ended == [str(next_search)]


@pytest.mark.parametrize(("status", "refusal"), [(200, "BAD_STATE"), (500, None)])
async def test_an_order_is_not_called_off_while_somebody_may_have_been_found(
    flow: SearchFlow, clock: ManualClock, matching: FakeMatching, status: int, refusal: str | None
) -> None:
    """The news may be late, and the worker at work."""
    matching.status, matching.refusal = status, refusal
    order = await make_order(flow, clock, OrderState.SEARCHING)
    clock.advance(timedelta(hours=5))

    await flow.call_off_unserved()

    assert (await find(flow.database, order.id)).state is OrderState.SEARCHING
    assert matching.ended
