"""Automatic persisted queries, as Apollo Client speaks them: the hash first, the text only when asked for.

Spec: Apollo's automatic persisted queries, version 1.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.support.gateway import GRAPHQL_JSON, RunningGateway, codes, running, shop_config

QUERY = "query Count($n: Int) { reviewCount products(first: $n) { id } }"
ANSWER = {"data": {"reviewCount": 4, "products": [{"id": "1"}]}}
BOTH = ["application/json", GRAPHQL_JSON]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def extensions(sha256_hash: object, version: object = 1) -> dict[str, object]:
    return {"persistedQuery": {"version": version, "sha256Hash": sha256_hash}}


async def post(
    gateway: RunningGateway, body: Mapping[str, object], accept: str = GRAPHQL_JSON
) -> httpx.Response:
    return await gateway.client.post("/graphql", json=body, headers={"accept": accept})


async def register(gateway: RunningGateway, query: str = QUERY) -> httpx.Response:
    body = {"query": query, "extensions": extensions(digest(query)), "variables": {"n": 1}}
    return await post(gateway, body)


@pytest.mark.parametrize("accept", BOTH)
async def test_a_hash_is_not_known_until_its_text_came_along(
    gateway: RunningGateway, accept: str
) -> None:
    by_hash: dict[str, object] = {
        "extensions": extensions(digest(QUERY)),
        "variables": {"n": 1},
        "operationName": "Count",
    }

    first = await post(gateway, by_hash, accept)
    second = await post(gateway, {**by_hash, "query": QUERY}, accept)
    third = await post(gateway, by_hash, accept)

    assert first.status_code == 200
    assert first.json() == {
        "errors": [
            {
                "message": "PersistedQueryNotFound",
                "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
            }
        ]
    }
    assert first.headers["cache-control"] == "private, no-cache, must-revalidate"
    assert second.json() == third.json() == ANSWER


async def test_a_hash_works_by_get(gateway: RunningGateway) -> None:
    params = {
        "extensions": json.dumps(extensions(digest(QUERY))),
        "variables": '{"n": 1}',
        "operationName": "Count",
    }
    preflight = {"apollo-require-preflight": "1"}

    first = await gateway.client.get("/graphql", params=params, headers=preflight)
    second = await gateway.client.get(
        "/graphql", params={**params, "query": QUERY}, headers=preflight
    )
    third = await gateway.client.get("/graphql", params=params, headers=preflight)

    assert codes(first) == ["PERSISTED_QUERY_NOT_FOUND"]
    assert second.json() == third.json() == ANSWER


async def test_a_mutation_by_its_hash_is_for_post(gateway: RunningGateway) -> None:
    query = 'mutation { rename(id: 1, name: "x") { id } }'
    await register(gateway, query)

    refused = await gateway.client.get(
        "/graphql",
        params={"extensions": json.dumps(extensions(digest(query)))},
        headers={"apollo-require-preflight": "1"},
    )

    assert refused.status_code == 405


async def test_a_hash_in_capitals_is_the_same(gateway: RunningGateway) -> None:
    await register(gateway)

    response = await post(
        gateway, {"extensions": extensions(digest(QUERY).upper()), "variables": {"n": 1}}
    )

    assert response.json() == ANSWER


async def test_the_hash_of_another_text_is_refused_and_not_kept(gateway: RunningGateway) -> None:
    wrong = digest("{ reviewCount }")

    refused = await post(gateway, {"query": QUERY, "extensions": extensions(wrong)})
    asked = await post(gateway, {"extensions": extensions(wrong)})

    assert refused.status_code == 400
    assert codes(refused) == ["PERSISTED_QUERY_HASH_MISMATCH"]
    assert codes(asked) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_known_hash_does_not_let_another_text_pass(gateway: RunningGateway) -> None:
    await register(gateway)

    refused = await post(
        gateway, {"query": "{ reviewCount }", "extensions": extensions(digest(QUERY))}
    )

    assert codes(refused) == ["PERSISTED_QUERY_HASH_MISMATCH"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ products {", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{" + "a " * 16_000 + "}", "MAX_TOKENS_LIMIT"),
    ],
    ids=["syntax", "schema", "limits"],
)
async def test_a_document_that_cannot_be_run_is_not_kept(
    gateway: RunningGateway, query: str, code: str
) -> None:
    refused = await register(gateway, query)
    asked = await post(gateway, {"extensions": extensions(digest(query))})

    assert codes(refused) == [code]
    assert codes(asked) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_document_whose_variables_are_wrong_is_kept(gateway: RunningGateway) -> None:
    body: dict[str, object] = {"query": QUERY, "extensions": extensions(digest(QUERY))}

    refused = await post(gateway, {**body, "variables": {"n": "three"}})
    answered = await post(gateway, {"extensions": extensions(digest(QUERY)), "variables": {"n": 1}})

    assert codes(refused) == ["BAD_USER_INPUT"]
    assert answered.json() == ANSWER


async def test_the_document_used_longest_ago_is_forgotten(tmp_path: Path) -> None:
    queries = [f"query Q{number} {{ reviewCount }}" for number in range(3)]

    async with running(shop_config(tmp_path, caches={"persisted_queries": 2})) as gateway:
        await register(gateway, queries[0])
        await register(gateway, queries[1])
        await post(gateway, {"extensions": extensions(digest(queries[0]))})
        await register(gateway, queries[2])
        answers = [
            await post(gateway, {"extensions": extensions(digest(query))}) for query in queries
        ]

    assert ["errors" in answer.json() for answer in answers] == [False, True, False]


@pytest.fixture
async def without(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running(shop_config(tmp_path, persisted_queries={"automatic": False})) as gateway:
        yield gateway


async def test_switched_off_clients_are_told_to_stop_trying(without: RunningGateway) -> None:
    by_hash = await post(without, {"extensions": extensions(digest(QUERY))})
    with_text = await register(without)

    assert by_hash.status_code == 200
    assert by_hash.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
    assert codes(by_hash) == ["PERSISTED_QUERY_NOT_SUPPORTED"]
    assert with_text.json() == ANSWER


@pytest.mark.parametrize(
    "persisted",
    [
        7,
        [],
        {},
        {"version": 1},
        {"version": 2, "sha256Hash": "0" * 64},
        {"version": True, "sha256Hash": "0" * 64},
        {"version": "1", "sha256Hash": "0" * 64},
        {"sha256Hash": "0" * 64},
        {"version": 1, "sha256Hash": "0" * 63},
        {"version": 1, "sha256Hash": "g" * 64},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": "0" * 100_000},
    ],
    ids=str,
)
@pytest.mark.parametrize("query", [None, "{ reviewCount }"])
async def test_what_is_no_hash_is_refused(
    gateway: RunningGateway, persisted: object, query: str | None
) -> None:
    body: dict[str, object] = {"extensions": {"persistedQuery": persisted}, "query": query}

    response = await post(gateway, body)

    assert response.status_code == 400
    assert codes(response) == ["BAD_REQUEST"]


async def test_null_is_no_hash(gateway: RunningGateway) -> None:
    body: dict[str, object] = {"extensions": {"persistedQuery": None}}

    nothing = await post(gateway, body)
    answered = await post(gateway, {**body, "query": "{ reviewCount }"})

    assert codes(nothing) == ["MISSING_QUERY"]
    assert answered.json() == {"data": {"reviewCount": 4}}


async def test_metrics_count_hashes(gateway: RunningGateway) -> None:
    by_hash: dict[str, object] = {"extensions": extensions(digest(QUERY))}
    await post(gateway, by_hash)
    await register(gateway)
    await register(gateway)
    await post(gateway, by_hash)
    await post(gateway, {**by_hash, "query": "{ reviewCount }"})

    page = (await gateway.client.get("/metrics")).text

    for result, count in (("miss", 1), ("registered", 1), ("hit", 1), ("mismatch", 1)):
        line = f'cattery_gateway_persisted_queries_total{{result="{result}"}} {count}.0'
        assert line in page
