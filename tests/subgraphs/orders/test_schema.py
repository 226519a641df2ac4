"""Orders as the gateway sees it: over HTTP, with tokens."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.clock import ManualClock
from shared.demo import CLEANING
from shared.identity import Principal, Role
from subgraphs.orders.states import OrderState
from tests.support.callers import a_person
from tests.support.service import RunningService

from .builders import an_order

SUBMIT = """
mutation ($input: SubmitOrder!, $key: ID!) {
  submitOrder(input: $input, key: $key) { id number state version estimate { minor currency } }
}
"""


def a_submission(orders: RunningService, **changes: object) -> dict[str, object]:
    starts_at = orders.clock.now() + timedelta(hours=4)
    return {
        "serviceTypeId": str(CLEANING),
        "description": "Two rooms",
        "place": "Here",
        "startsAt": starts_at.isoformat(),
        **changes,
    }


async def test_a_client_orders_and_sees_only_their_own(orders: RunningService) -> None:
    client, other = a_person(Role.CLIENT), a_person(Role.CLIENT)
    submitted = await orders.fetch(
        SUBMIT, {"input": a_submission(orders), "key": "k1"}, caller=client
    )
    order_id = submitted["submitOrder"]["id"]
    one = "query ($id: ID!) { order(id: $id) { id client { id } timeline { from to actor } } myOrders { totalCount } }"

    own = await orders.fetch(one, {"id": order_id}, caller=client)
    foreign = await orders.fetch(one, {"id": order_id}, caller=other)

    assert submitted["submitOrder"]["estimate"] == {"minor": "10000", "currency": "KTU"}
    assert own["order"]["client"]["id"] == client.subject
    assert own["order"]["timeline"] == [{"from": None, "to": "SUBMITTED", "actor": client.subject}]
    assert own["myOrders"]["totalCount"] == 1
    assert foreign == {"order": None, "myOrders": {"totalCount": 0}}


async def test_the_same_key_gives_the_same_order(orders: RunningService) -> None:
    client = a_person(Role.CLIENT)
    variables = {"input": a_submission(orders), "key": "once"}

    first = await orders.fetch(SUBMIT, variables, caller=client)
    again = await orders.fetch(SUBMIT, variables, caller=client)
    changed = {"input": a_submission(orders, place="Elsewhere"), "key": "once"}
    refused = await orders.execute(SUBMIT, changed, caller=client)

    assert again["submitOrder"]["id"] == first["submitOrder"]["id"]
    assert refused.codes == ["IDEMPOTENCY_MISMATCH"]


async def test_a_refused_order_may_be_tried_again_with_its_key(orders: RunningService) -> None:
    client = a_person(Role.CLIENT)
    too_soon = a_submission(orders, startsAt=orders.clock.now().isoformat())

    refused = await orders.execute(SUBMIT, {"input": too_soon, "key": "k"}, caller=client)
    accepted = await orders.execute(
        SUBMIT, {"input": a_submission(orders), "key": "k"}, caller=client
    )

    assert (refused.codes, refused.reasons) == (["VALIDATION"], ["ORDERS_STARTS_TOO_SOON"])
    assert accepted.errors == []


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (Principal(subject=""), "UNAUTHENTICATED"),
        (a_person(Role.WORKER), "FORBIDDEN"),
        (a_person(Role.MANAGER), "FORBIDDEN"),
        (a_person(), "FORBIDDEN"),
    ],
    ids=["anonymous", "worker", "manager", "no role"],
)
async def test_only_clients_order(orders: RunningService, caller: Principal, code: str) -> None:
    answer = await orders.execute(
        SUBMIT, {"input": a_submission(orders), "key": "k"}, caller=caller
    )

    assert answer.codes == [code]


@pytest.mark.parametrize(
    ("starts_at", "message"),
    [("tomorrow", "ISO 8601"), ("2030-01-07T09:00:00", "time zone"), (7, "string")],
)
async def test_a_time_that_cannot_be_meant_is_refused(
    orders: RunningService, starts_at: object, message: str
) -> None:
    submission = a_submission(orders, startsAt=starts_at)

    answer = await orders.execute(
        SUBMIT, {"input": submission, "key": "k"}, caller=a_person(Role.CLIENT)
    )

    assert answer.codes == ["VALIDATION"]
    assert message in answer.errors[0]["message"]


async def test_managers_page_through_orders(orders: RunningService) -> None:
    async with orders.database.transaction() as session:
        clock = ManualClock(orders.clock.now())
        for _ in range(5):
            await an_order(session, clock)
            clock.advance(timedelta(seconds=1))
    manager = a_person(Role.MANAGER)
    operation = """
    query ($after: String) {
      orders(first: 2, after: $after) { nodes { number } endCursor hasNextPage totalCount }
    }
    """
    seen: list[int] = []
    after, more = None, True

    while more:
        page = (await orders.fetch(operation, {"after": after}, caller=manager))["orders"]
        seen += [order["number"] for order in page["nodes"]]
        after, more = page["endCursor"], page["hasNextPage"]
        assert page["totalCount"] == 5

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 5


@pytest.mark.parametrize("variables", [{"first": 0}, {"first": 201}, {"after": "rubbish"}])
async def test_a_page_that_cannot_be_meant_is_refused(
    orders: RunningService, variables: dict[str, object]
) -> None:
    operation = "query ($first: Int = 5, $after: String) { orders(first: $first, after: $after) { totalCount } }"

    answer = await orders.execute(operation, variables, caller=a_person(Role.MANAGER))

    assert answer.codes == ["VALIDATION"]


async def test_references_are_resolved_to_those_who_may_see_them(orders: RunningService) -> None:
    client, worker = a_person(Role.CLIENT), a_person(Role.WORKER)
    async with orders.database.transaction() as session:
        order = await an_order(
            session,
            orders.clock,
            state=OrderState.ASSIGNED,
            client_id=client.account_id,
            worker_id=worker.account_id,
        )
    operation = """
    query ($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on Order { number } ... on Client { active } ... on ServiceType { code }
      }
    }
    """
    representations = [
        {"__typename": "Order", "id": str(order.id)},
        {"__typename": "Client", "id": client.subject},
        {"__typename": "ServiceType", "id": str(CLEANING)},
        {"__typename": "Order", "id": str(uuid4())},
    ]

    async def resolve(caller: Principal) -> list[object]:
        data = await orders.fetch(operation, {"representations": representations}, caller=caller)
        found: list[object] = data["_entities"]
        return found

    number = {"number": order.number}
    clean = {"code": "CLEAN"}
    assert await resolve(client) == [number, {"active": True}, clean, None]
    assert await resolve(worker) == [number, None, clean, None]
    assert await resolve(a_person(Role.MANAGER)) == [number, {"active": True}, clean, None]
    assert await resolve(a_person(Role.CLIENT)) == [None, None, clean, None]


async def test_a_bad_token_is_refused_before_anything_is_done(orders: RunningService) -> None:
    response = await orders.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"authorization": "Bearer nonsense"}
    )

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_body_too_large_is_refused(orders: RunningService) -> None:
    response = await orders.http.post("/graphql", content=b" " * 1_000_001)

    assert response.status_code == 413
