"""Answers in parts over real HTTP: when each part arrives, in which format, and for whom there is but one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.incremental import Payload, merge_legacy_parts, merge_parts, read_parts
from tests.support.tardy_shop import TardyShop, tardy_shop
from tests.support.waiting import until

CURRENT = "multipart/mixed;incrementalSpec=v0.2, application/graphql-response+json"
LEGACY = "multipart/mixed;deferSpec=20220824, application/json"
QUERY = '{ products { name ... @defer(label: "r") { reviews { text } } } }'
WHOLE = {
    "products": [
        {"name": "Basket", "reviews": [{"text": "about 1"}]},
        {"name": "Bell", "reviews": [{"text": "about 2"}]},
    ]
}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[TardyShop]:
    async with tardy_shop(tmp_path) as found:
        yield found


@asynccontextmanager
async def asking(
    shop: TardyShop, query: str = QUERY, accept: str = CURRENT, **body: Any
) -> AsyncIterator[httpx.Response]:
    async with shop.client.stream(
        "POST", "/graphql", json={"query": query, **body}, headers={"accept": accept}
    ) as response:
        yield response


async def all_parts(response: httpx.Response) -> list[Payload]:
    return [part async for part in read_parts(response)]


async def test_the_first_part_arrives_before_the_slow_subgraph_has_answered(
    shop: TardyShop,
) -> None:
    async with asking(shop) as response:
        parts = read_parts(response)
        first = await anext(parts)

        assert not shop.has_answered
        assert first == {
            "data": {"products": [{"name": "Basket"}, {"name": "Bell"}]},
            "pending": [
                {"id": "0", "path": ["products", 0], "label": "r"},
                {"id": "1", "path": ["products", 1], "label": "r"},
            ],
            "hasNext": True,
        }

        shop.may_answer.set()
        rest = [part async for part in parts]

    assert rest == [
        {
            "incremental": [
                {"id": "0", "data": {"reviews": [{"text": "about 1"}]}},
                {"id": "1", "data": {"reviews": [{"text": "about 2"}]}},
            ],
            "completed": [{"id": "0"}, {"id": "1"}],
            "hasNext": False,
        }
    ]
    assert merge_parts([first, *rest]) == {"data": WHOLE}


async def test_the_headers_name_the_format_and_what_it_depends_on(shop: TardyShop) -> None:
    shop.may_answer.set()

    async with asking(shop) as response:
        await all_parts(response)

    assert response.status_code == 200
    assert response.headers["content-type"] == (
        'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
    )
    assert "Accept" in response.headers["vary"]
    assert "content-encoding" not in response.headers
    assert "content-length" not in response.headers
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("accept", [LEGACY, "multipart/mixed, application/json"])
async def test_older_clients_get_patches(shop: TardyShop, accept: str) -> None:
    async with asking(shop, accept=accept) as response:
        parts = read_parts(response)
        first = await anext(parts)
        assert not shop.has_answered
        shop.may_answer.set()
        rest = [part async for part in parts]

    assert response.headers["content-type"] == ('multipart/mixed; boundary="-"; deferSpec=20220824')
    assert rest == [
        {
            "incremental": [
                {"data": {"reviews": [{"text": "about 1"}]}, "path": ["products", 0], "label": "r"},
                {"data": {"reviews": [{"text": "about 2"}]}, "path": ["products", 1], "label": "r"},
            ],
            "hasNext": False,
        }
    ]
    assert merge_legacy_parts([first, *rest]) == {"data": WHOLE}


async def test_get_requests_are_answered_in_parts_too(shop: TardyShop) -> None:
    headers = {"accept": CURRENT, "graphql-require-preflight": "1"}
    async with shop.client.stream(
        "GET", "/graphql", params={"query": QUERY}, headers=headers
    ) as response:
        parts = read_parts(response)
        first = await anext(parts)
        assert not shop.has_answered
        shop.may_answer.set()

        assert merge_parts([first, *[part async for part in parts]]) == {"data": WHOLE}


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "application/json"},
        {"accept": "application/graphql-response+json"},
        {"accept": "*/*"},
        {"accept": "multipart/mixed;incrementalSpec=v9.9, application/json"},
        {"accept": "multipart/mixed;subscriptionSpec=1.0, application/json"},
        {"accept": "multipart/mixed;q=0, application/json"},
        {},
    ],
)
async def test_everybody_else_gets_the_answer_in_one_piece(
    shop: TardyShop, headers: Mapping[str, str]
) -> None:
    shop.may_answer.set()

    response = await shop.client.post("/graphql", json={"query": QUERY}, headers=headers)

    assert response.status_code == 200
    assert response.json() == {"data": WHOLE}


async def test_the_gateway_can_be_told_not_to(tmp_path: Path) -> None:
    async with tardy_shop(tmp_path, incremental={"enabled": False}) as shop:
        shop.may_answer.set()
        async with asking(shop) as response:
            body = await response.aread()

    assert response.headers["content-type"].startswith("application/graphql-response+json")
    assert json.loads(body) == {"data": WHOLE}


async def test_fragments_above_the_limit_come_with_the_first_part(tmp_path: Path) -> None:
    query = """{ products { name
      ... @defer(label: "a") { reviews { text } } ... @defer(label: "b") { stars }
    } }"""
    async with tardy_shop(tmp_path, incremental={"max_fragments": 1}) as shop:
        shop.may_answer.set()
        async with asking(shop, query) as response:
            body = await response.aread()

    # Both are brought by one request, which the first part now waits for.
    assert json.loads(body)["data"]["products"][0] == {
        "name": "Basket",
        "reviews": [{"text": "about 1"}],
        "stars": 5,
    }


async def test_a_variable_decides_whether_to_defer(shop: TardyShop) -> None:
    query = f"query($wait: Boolean) {QUERY.replace('label', 'if: $wait, label')}"
    shop.may_answer.set()

    async with asking(shop, query, variables={"wait": False}) as response:
        assert json.loads(await response.aread()) == {"data": WHOLE}
    for variables in ({"wait": True}, {}):
        async with asking(shop, query, variables=variables) as response:
            assert merge_parts(await all_parts(response)) == {"data": WHOLE}
    async with asking(shop, query, variables={"wait": None}) as response:
        assert "errors" in json.loads(await response.aread())


async def test_a_refusal_is_no_answer_in_parts(shop: TardyShop) -> None:
    async with asking(shop, "{ products { ... @defer { nonsense } } }") as response:
        body = json.loads(await response.aread())

    assert response.headers["content-type"].startswith("application/graphql-response+json")
    assert response.status_code == 400
    assert body["errors"]


async def test_clients_that_take_parts_only_get_what_has_none_as_json(shop: TardyShop) -> None:
    async with asking(shop, "{ products { name } }", "multipart/mixed") as response:
        body = json.loads(await response.aread())

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert body["data"]["products"][0] == {"name": "Basket"}


async def test_errors_of_later_parts_are_masked_like_others(tmp_path: Path) -> None:
    def refuse(_: Payload) -> Payload:
        return {"data": None, "errors": [{"message": "secret", "extensions": {"code": "NO"}}]}

    async with tardy_shop(tmp_path, refuse, errors={"subgraph_errors": "masked"}) as shop:
        shop.may_answer.set()
        async with asking(shop) as response:
            parts = await all_parts(response)

    assert "secret" not in json.dumps(parts)
    assert [error["path"] for error in merge_parts(parts)["errors"]] == [
        ["products", 0, "reviews"],
        ["products", 1, "reviews"],
    ]


async def test_null_where_none_may_be_loses_the_fragment_alone(tmp_path: Path) -> None:
    def forget(payload: Payload) -> Payload:
        del payload
        return {"data": {"_entities": [{"stars": 5}, {"stars": None}]}}

    async with tardy_shop(tmp_path, forget) as shop:
        shop.may_answer.set()
        async with asking(shop, "{ products { name ... @defer { stars } } }") as response:
            parts = await all_parts(response)

    assert [("errors" in each) for each in parts[1]["completed"]] == [False, True]
    assert merge_parts(parts)["data"] == {
        "products": [{"name": "Basket", "stars": 5}, {"name": "Bell"}]
    }


async def test_the_time_for_a_request_is_the_time_for_all_its_parts(tmp_path: Path) -> None:
    async with tardy_shop(tmp_path, server={"request_timeout_seconds": 0.5}) as shop:

        async def is_planned() -> bool:
            """Whether the plan is there: making it, in a thread, may take all the time on a busy machine."""
            async with asking(shop) as response:
                await response.aread()
                return response.status_code == 200

        shop.may_answer.set()
        await until(is_planned)
        shop.may_answer.clear()
        async with asking(shop) as response:
            parts = await all_parts(response)

    merged = merge_parts(parts)
    assert merged["data"]["products"][0] == {"name": "Basket", "reviews": None}
    assert {error["extensions"]["code"] for error in merged["errors"]} == {"SUBGRAPH_TIMEOUT"}


@pytest.mark.parametrize("query", [QUERY, "mutation { rename { name ... @defer { stars } } }"])
async def test_a_client_that_leaves_ends_the_request(shop: TardyShop, query: str) -> None:
    async def is_idle() -> bool:
        return shop.in_flight == 0

    async with asking(shop, query) as response:
        await anext(read_parts(response))
        await shop.was_asked.wait()
        assert shop.in_flight == 1

    await until(is_idle)
    assert not shop.has_answered


async def test_a_mutation_answers_before_what_is_deferred(shop: TardyShop) -> None:
    async with asking(shop, "mutation { rename { name ... @defer { stars } } }") as response:
        parts = read_parts(response)
        first = await anext(parts)
        assert not shop.has_answered
        shop.may_answer.set()

        merged = merge_parts([first, *[part async for part in parts]])

    assert merged == {"data": {"rename": {"name": "Basket", "stars": 5}}}


async def test_lists_of_requests_are_answered_in_one_piece(tmp_path: Path) -> None:
    async with tardy_shop(tmp_path, limits={"max_batch": 2}) as shop:
        shop.may_answer.set()
        response = await shop.client.post(
            "/graphql", json=[{"query": QUERY}], headers={"accept": CURRENT}
        )

    assert response.json() == [{"data": WHOLE}]
