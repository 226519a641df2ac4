"""Several requests in one JSON list, as Apollo's batching link sends them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import GRAPHQL_JSON, RunningGateway, codes, running, shop_config


@pytest.fixture
async def batching(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    config = shop_config(tmp_path, limits={"max_batch": 10, "max_depth": 5})
    async with running(config) as found:
        yield found


async def post(gateway: RunningGateway, requests: object, accept: str = GRAPHQL_JSON) -> Any:
    return await gateway.client.post("/graphql", json=requests, headers={"accept": accept})


def code_of(item: Any) -> str:
    (error,) = item["errors"]
    code: str = error["extensions"]["code"]
    return code


async def test_each_item_has_its_own_answer_or_its_own_error(batching: RunningGateway) -> None:
    deep = "{ product(id: 1) { related { related { related { related { id } } } } } }"
    response = await post(
        batching,
        [
            {"query": "{ reviewCount }"},
            7,
            {"query": 7},
            {},
            [],
            {"query": "{"},
            {"query": "{ nope }"},
            {"query": deep},
            {"query": "query ($n: Int) { products(first: $n) { id } }", "variables": {"n": "x"}},
            {"query": "{ forbidden reviewCount }"},
        ],
    )

    items = response.json()
    assert response.status_code == 200
    assert items[0] == {"data": {"reviewCount": 4}}
    assert [code_of(item) for item in items[1:]] == [
        "BAD_REQUEST",
        "BAD_REQUEST",
        "MISSING_QUERY",
        "BAD_REQUEST",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "MAX_DEPTH_LIMIT",
        "BAD_USER_INPUT",
        "FORBIDDEN",
    ]
    assert items[-1]["data"] == {"forbidden": None, "reviewCount": 4}


async def test_a_list_of_responses_is_json_and_no_graphql_response(
    batching: RunningGateway,
) -> None:
    response = await post(batching, [{"query": "{ reviewCount }"}])

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == [{"data": {"reviewCount": 4}}]


async def test_lists_are_refused_unless_allowed(gateway: RunningGateway) -> None:
    response = await post(gateway, [{"query": "{ reviewCount }"}])

    assert response.status_code == 400
    assert codes(response) == ["BATCHING_NOT_SUPPORTED"]


async def test_a_list_that_is_too_long_is_refused_as_a_whole(batching: RunningGateway) -> None:
    response = await post(batching, [{"query": "{ reviewCount }"}] * 11)

    assert response.status_code == 400
    assert codes(response) == ["BATCH_LIMIT_EXCEEDED"]
    assert "at most 10" in response.json()["errors"][0]["message"]


async def test_a_list_with_a_mutation_runs_in_order(batching: RunningGateway) -> None:
    name = "{ product(id: 1) { name } }"

    response = await post(
        batching,
        [
            {"query": name},
            {"query": 'mutation { rename(id: 1, name: "First") { name } }'},
            {"query": name},
            {"query": "{ slow(milliseconds: 50) }"},
            {"query": 'mutation { rename(id: 1, name: "Second") { name } }'},
            {"query": name},
        ],
    )

    names = [item["data"] for item in response.json()]
    assert names == [
        {"product": {"name": "Basket"}},
        {"rename": {"name": "First"}},
        {"product": {"name": "First"}},
        {"slow": 50},
        {"rename": {"name": "Second"}},
        {"product": {"name": "Second"}},
    ]


async def test_items_may_name_their_documents_by_hash(batching: RunningGateway) -> None:
    missing = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}

    response = await post(batching, [missing, {"query": "{ reviewCount }"}])

    first, second = response.json()
    assert code_of(first) == "PERSISTED_QUERY_NOT_FOUND"
    assert second == {"data": {"reviewCount": 4}}


async def test_subscriptions_do_not_come_in_lists(batching: RunningGateway) -> None:
    response = await post(batching, [{"query": "subscription { renamed { id } }"}])

    (item,) = response.json()
    assert code_of(item) == "SUBSCRIPTIONS_NOT_SUPPORTED"


async def test_time_is_counted_for_the_whole_list(tmp_path: Path) -> None:
    config = shop_config(tmp_path, limits={"max_batch": 3}, server={"request_timeout_seconds": 0.3})
    endless = {"query": "{ slow(milliseconds: 60000) }"}
    mutation = {"query": 'mutation { rename(id: 1, name: "Late") { id } }'}

    async with running(config) as gateway:
        response = await post(gateway, [endless, mutation])

    # The mutation would be in time, had it a time of its own.
    codes = {code_of(item) for item in response.json()}
    assert codes <= {"SUBGRAPH_TIMEOUT", "GATEWAY_TIMEOUT"}


async def test_log_and_metrics_tell_of_lists(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = shop_config(
        tmp_path,
        limits={"max_batch": 10},
        telemetry={"log_requests": "all", "log_format": "json"},
    )

    async with running(config) as gateway:
        await post(gateway, [{"query": "{ reviewCount }"}, {"query": "{ nope }"}])
        page = (await gateway.client.get("/metrics")).text
        await asyncio.sleep(0)

    lines = [
        json.loads(line) for line in capfd.readouterr().err.splitlines() if "batch_size" in line
    ]
    (line,) = lines
    assert line["batch_size"] == 2
    assert line["kind"] == "query"
    assert line["subgraph_calls"] == 1
    assert line["error_codes"] == ["GRAPHQL_VALIDATION_FAILED"]
    assert "cattery_gateway_batched_operations_total 2.0" in page
