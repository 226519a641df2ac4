"""Matching as the gateway and orders see it: over HTTP, with tokens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.demo import CLEANING, demo_id
from shared.identifiers import derived_id
from shared.identity import Principal, Role
from shared.settings import SettingsInvalid
from tests.support.callers import a_person, a_service
from tests.support.service import RunningService, running_service
from tests.support.statements import statements_on
from tests.support.waiting import until

from .builders import a_request, as_json, hire

START = """
mutation ($orderId: ID!, $searchId: ID!, $request: String!) {
  startSearch(orderId: $orderId, searchId: $searchId, request: $request) { searchId accepted position }
}
"""
SEARCH = "query ($id: ID!) { search(id: $id) { state attempt chosen { id } steps { name } order { id } } }"
ORDERS = a_service("orders")
MANAGER = a_person(Role.MANAGER)
ADMIN = a_person(Role.ADMIN)


def a_start(matching: RunningService, order_id: UUID | None = None) -> dict[str, Any]:
    order_id = order_id or uuid4()
    request = a_request(matching.clock, service_type_id=CLEANING)
    return {
        "orderId": str(order_id),
        "searchId": str(derived_id(order_id, 1)),
        "request": as_json(request),
    }


async def wait_until_decided(matching: RunningService, search_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def is_decided() -> bool:
        data = await matching.fetch(SEARCH, {"id": search_id}, caller=MANAGER)
        found.update(data["search"])
        return found["state"] not in {"ACCEPTED", "RUNNING"}

    await until(is_decided)
    return found


async def test_a_search_is_accepted_at_once_and_decided_soon(matching: RunningService) -> None:
    start = a_start(matching)

    accepted = await matching.fetch(START, start, caller=ORDERS)
    decided = await wait_until_decided(matching, start["searchId"])
    again = await matching.fetch(START, start, caller=ORDERS)

    assert accepted["startSearch"] == {
        "searchId": start["searchId"],
        "accepted": True,
        "position": 0,
    }
    assert decided["state"] == "FOUND"
    assert decided["chosen"] == {"id": str(demo_id("worker"))}
    assert decided["order"] == {"id": start["orderId"]}
    assert again["startSearch"] == {
        "searchId": start["searchId"],
        "accepted": True,
        "position": None,
    }


@pytest.mark.parametrize(
    "caller", [MANAGER, ADMIN, a_person(Role.CLIENT), a_person(Role.INTEGRATOR)]
)
async def test_only_services_start_and_cancel_searches(
    matching: RunningService, caller: Principal
) -> None:
    cancel = (
        'mutation { cancelSearch(searchId: "00000000-0000-0000-0000-000000000001") { accepted } }'
    )

    started = await matching.execute(START, a_start(matching), caller=caller)
    cancelled = await matching.execute(cancel, caller=caller)

    assert started.codes == cancelled.codes == ["FORBIDDEN"]
    assert (await matching.execute(START, a_start(matching))).codes == ["UNAUTHENTICATED"]


async def test_a_service_hears_why_a_search_is_refused(matching: RunningService) -> None:
    start = a_start(matching)
    cancel = "mutation ($id: ID!) { cancelSearch(searchId: $id) { accepted } }"

    invalid = await matching.execute(START, {**start, "request": "{}"}, caller=ORDERS)
    unknown = await matching.execute(cancel, {"id": str(uuid4())}, caller=ORDERS)

    assert (invalid.codes, invalid.reasons) == (["VALIDATION"], ["MATCHING_REQUEST_INVALID"])
    assert unknown.reasons == ["MATCHING_SEARCH_NOT_FOUND"]


async def test_searches_are_the_staffs_business_only(matching: RunningService) -> None:
    start = a_start(matching)
    await matching.fetch(START, start, caller=ORDERS)
    await wait_until_decided(matching, start["searchId"])
    entities = """
    query ($of: [_Any!]!) { _entities(representations: $of) {
      ... on Order { searches { id state } } ... on Search { state } } }
    """
    of = [
        {"__typename": "Order", "id": start["orderId"]},
        {"__typename": "Search", "id": start["searchId"]},
        {"__typename": "Order", "id": str(uuid4())},
    ]

    seen = await matching.fetch(entities, {"of": of}, caller=MANAGER)
    hidden = await matching.fetch(entities, {"of": of}, caller=a_person(Role.CLIENT, Role.WORKER))
    refused = await matching.execute(
        SEARCH, {"id": start["searchId"]}, caller=a_person(Role.WORKER)
    )

    assert seen["_entities"] == [
        {"searches": [{"id": start["searchId"], "state": "FOUND"}]},
        {"state": "FOUND"},
        {"searches": []},
    ]
    assert hidden["_entities"] == [{"searches": None}, None, {"searches": None}]
    assert refused.codes == ["FORBIDDEN"]


async def test_a_worker_sees_their_own_place_in_the_pool_and_no_other(
    matching: RunningService,
) -> None:
    async with matching.database.transaction() as session:
        other = await hire(session, matching.clock)
    worker = a_person(Role.WORKER, account_id=demo_id("worker"))
    entities = """
    query ($of: [_Any!]!) { _entities(representations: $of) { ... on Worker {
      pool { state ratingBps skills strengths { code weight } bookedSlots { from to jobId } } } } }
    """
    of = [
        {"__typename": "Worker", "id": str(worker_id)}
        for worker_id in (demo_id("worker"), other, uuid4())
    ]

    own = await matching.fetch(entities, {"of": of}, caller=worker)
    all_of_them = await matching.fetch(entities, {"of": of}, caller=MANAGER)

    assert own["_entities"][0]["pool"]["state"] == "ACTIVE"
    assert own["_entities"][0]["pool"]["skills"] == [str(CLEANING)]
    assert [each["pool"] for each in own["_entities"][1:]] == [None, None]
    assert all_of_them["_entities"][1]["pool"]["ratingBps"] == 7_000
    assert all_of_them["_entities"][2] == {"pool": None}


async def test_a_worker_is_busy_while_a_booked_slot_lasts(matching: RunningService) -> None:
    start = a_start(matching)
    await matching.fetch(START, start, caller=ORDERS)
    await wait_until_decided(matching, start["searchId"])
    pool = "query ($state: [PoolState!]) { pool(state: $state) { id pool { state bookedSlots { jobId } } } }"

    before = await matching.fetch(pool, {"state": ["BUSY"]}, caller=MANAGER)
    matching.advance(timedelta(hours=4, minutes=30))
    during = await matching.fetch(pool, {"state": ["BUSY"]}, caller=MANAGER)

    assert before == {"pool": []}
    assert during["pool"][0]["id"] == str(demo_id("worker"))
    assert during["pool"][0]["pool"]["state"] == "BUSY"


async def test_a_manager_pauses_a_worker_and_asks_why_nobody_was_found(
    matching: RunningService,
) -> None:
    pause = """
    mutation ($id: ID!, $state: PoolState!) {
      setPoolState(workerId: $id, state: $state, reason: "on holiday") { id pool { state stateReason } }
    }
    """
    worker_id = str(demo_id("worker"))
    explain = "query ($o: ID!, $w: ID!) { explainMatch(orderId: $o, workerId: $w) { name note } }"
    start = a_start(matching)

    paused = await matching.fetch(pause, {"id": worker_id, "state": "PAUSED"}, caller=MANAGER)
    await matching.fetch(START, start, caller=ORDERS)
    in_vain = await wait_until_decided(matching, start["searchId"])
    asked = {"o": start["orderId"], "w": worker_id}
    absent = await matching.execute(explain, asked, caller=MANAGER)
    await matching.fetch(pause, {"id": worker_id, "state": "ACTIVE"}, caller=MANAGER)
    present = await matching.fetch(explain, asked, caller=MANAGER)
    refused = await matching.execute(pause, {"id": worker_id, "state": "BUSY"}, caller=MANAGER)

    assert paused["setPoolState"]["pool"] == {"state": "PAUSED", "stateReason": "on holiday"}
    assert in_vain["state"] == "EXHAUSTED"
    assert absent.reasons == ["MATCHING_WORKER_NOT_IN_POOL"]
    assert [step["name"] for step in present["explainMatch"]] == [
        "eligible",
        "free",
        "exclude",
        "score",
        "pick",
    ]
    assert present["explainMatch"][-1]["note"].startswith("kept, score ")
    assert refused.reasons == ["MATCHING_STATE_NOT_FOR_PEOPLE"]


async def test_an_admin_publishes_a_pipeline_once_per_key_and_activates_it(
    matching: RunningService,
) -> None:
    publish = """
    mutation ($steps: [PipelineStepInput!]!, $key: ID!) {
      publishPipeline(steps: $steps, key: $key) { version active steps { name config } createdBy }
    }
    """
    activate = "mutation ($v: Int!) { activatePipeline(version: $v) { version active } }"
    steps = [{"name": name, "config": "{}"} for name in ("free", "exclude", "score", "pick")]

    published = await matching.fetch(publish, {"steps": steps, "key": "k"}, caller=ADMIN)
    again = await matching.fetch(publish, {"steps": steps, "key": "k"}, caller=ADMIN)
    mismatch = await matching.execute(publish, {"steps": steps[:3], "key": "k"}, caller=ADMIN)
    invalid = await matching.execute(publish, {"steps": steps[:2], "key": "x"}, caller=ADMIN)
    activated = await matching.fetch(activate, {"v": 2}, caller=ADMIN)
    unknown = await matching.execute(activate, {"v": 3}, caller=ADMIN)
    forbidden = await matching.execute(activate, {"v": 1}, caller=MANAGER)
    listed = await matching.fetch("{ pipelines { version active } }", caller=MANAGER)

    assert published == again
    assert published["publishPipeline"] == {
        "version": 2,
        "active": False,
        "steps": steps,
        "createdBy": ADMIN.subject,
    }
    assert mismatch.codes == ["IDEMPOTENCY_MISMATCH"]
    assert invalid.reasons == ["MATCHING_PIPELINE_INVALID"]
    assert activated["activatePipeline"] == {"version": 2, "active": True}
    assert unknown.reasons == ["MATCHING_PIPELINE_NOT_FOUND"]
    assert forbidden.codes == ["FORBIDDEN"]
    assert listed["pipelines"] == [
        {"version": 2, "active": True},
        {"version": 1, "active": False},
    ]


async def test_a_page_of_the_pool_costs_the_same_however_long_it_is(
    matching: RunningService,
) -> None:
    async def count_statements() -> int:
        with statements_on("pool_members", "pool_skills", "bookings") as statements:
            await matching.fetch("{ pool(first: 200) { id pool { done skills } } }", caller=MANAGER)
        return len(statements)

    short = await count_statements()
    async with matching.database.transaction() as session:
        for _ in range(20):
            await hire(session, matching.clock)
    long = await count_statements()

    assert 0 < short == long


@pytest.mark.parametrize("waits", ["soon", "60,0", ""])
async def test_waits_that_cannot_be_meant_stop_the_start(tmp_path: Path, waits: str) -> None:
    with pytest.raises(SettingsInvalid, match="CATTERY_MATCHING_RETRY_AFTER"):
        async with running_service("matching", tmp_path, {"CATTERY_MATCHING_RETRY_AFTER": waits}):
            pass


async def test_the_waits_between_searches_can_be_set(tmp_path: Path) -> None:
    environment = {"CATTERY_MATCHING_RETRY_AFTER": "7,70"}
    async with running_service("matching", tmp_path, environment) as matching:
        start = a_start(matching)
        await matching.fetch(START, start, caller=ORDERS)
        found = await wait_until_decided(matching, start["searchId"])

    assert found["state"] == "EXHAUSTED"
