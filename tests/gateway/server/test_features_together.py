"""Where features meet: whatever a request makes use of, each caller gets what is theirs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.local_apps import publish_app
from tests.support.gateway import GRAPHQL_JSON
from tests.support.incremental import merge_parts, read_parts
from tests.support.reloading import Reloading, reloading, write_config
from tests.support.tardy_shop import tardy_shop
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

KEYS = Issuer()
IN_PARTS = f"multipart/mixed;incrementalSpec=v0.2, {GRAPHQL_JSON}"
SUBGRAPHS = {
    name: {"in_process": f"tests.support.vault:create_{name}"} for name in ("people", "shipping")
}
SETTINGS: dict[str, Any] = {
    "identity": {"jwks_url": "app://together-issuer/keys", "issuer": ISSUER, "audience": AUDIENCE},
    "traffic": {"coalesce_queries": True},
    "cache_control": {"enabled": True},
    "plan_exposure": {"anyone": True},
    "limits": {"max_batch": 4},
    "headers": {"responses": [{"insert": {"name": "x-served-by", "value": "cattery"}}]},
}
QUERY = "{ me { name email ... @defer { parcels postage } } }"
HASH = {"persistedQuery": {"version": 1, "sha256Hash": sha256(QUERY.encode()).hexdigest()}}
FOR_ANYBODY = {"name": "Ada", "email": None, "parcels": 2, "postage": None}
FOR_KNOWN = {"name": "Ada", "email": "ada@x.test", "parcels": 2, "postage": 3}


@pytest.fixture(scope="module", autouse=True)
def issuer() -> None:
    publish_app("together-issuer", KEYS.app())


@asynccontextmanager
async def a_vault(folder: Path) -> AsyncIterator[Reloading]:
    path = folder / "supergraph.yaml"
    write_config(path, SUBGRAPHS, **SETTINGS)
    async with reloading(path) as found:
        yield found


def headers_of(token: str | None, accept: str, **others: str) -> dict[str, str]:
    own = {} if token is None else {"authorization": f"Bearer {token}"}
    return {"accept": accept, **own, **others}


async def ask(world: Reloading, body: object, headers: dict[str, str]) -> httpx.Response:
    return await world.gateway.client.post("/graphql", json=body, headers=headers)


async def data_of(response: httpx.Response) -> object:
    """The data of an answer, in whatever number of parts it came."""
    if response.headers["content-type"].startswith("multipart/mixed"):
        return merge_parts([part async for part in read_parts(response)])["data"]["me"]
    return response.json()["data"]["me"]


async def all_kinds(world: Reloading) -> list[tuple[str | None, str, object]]:
    """The same document by its hash, from two people, in parts and in one piece, twice each at once."""
    kinds = [
        (token, accept)
        for token in (None, KEYS.token())
        for accept in (IN_PARTS, GRAPHQL_JSON)
        for _ in range(2)
    ]

    async def one(token: str | None, accept: str) -> object:
        async with world.gateway.client.stream(
            "POST", "/graphql", json={"extensions": HASH}, headers=headers_of(token, accept)
        ) as response:
            if not response.headers["content-type"].startswith("multipart/mixed"):
                await response.aread()
            return await data_of(response)

    found = await asyncio.gather(*(one(token, accept) for token, accept in kinds))
    return [(token, accept, data) for (token, accept), data in zip(kinds, found, strict=True)]


async def test_a_document_by_its_hash_is_answered_for_each_caller_as_theirs_after_a_reload_too(
    tmp_path: Path,
) -> None:
    async with a_vault(tmp_path) as world:
        await ask(world, {"query": QUERY, "extensions": HASH}, headers_of(None, GRAPHQL_JSON))
        before = await all_kinds(world)
        settings = {**SETTINGS, "traffic": {"coalesce_queries": True, "timeout_seconds": 29}}
        world.write_config(SUBGRAPHS, **settings)
        await world.reload()
        outcomes = await world.outcomes()
        after = await all_kinds(world)

    assert outcomes["swapped"] == 1
    for token, _, data in [*before, *after]:
        assert data == (FOR_ANYBODY if token is None else FOR_KNOWN)


async def test_a_plan_shows_nothing_of_what_is_denied_to_whoever_sees_it(tmp_path: Path) -> None:
    plans: list[str] = []
    async with a_vault(tmp_path) as world:
        for token in (None, KEYS.token()):
            for asked in ("true", "dry-run"):
                headers = headers_of(token, IN_PARTS, **{"cattery-expose-plan": asked})
                async with world.gateway.client.stream(
                    "POST", "/graphql", json={"query": QUERY}, headers=headers
                ) as response:
                    if asked == "true":
                        (first, *_) = [part async for part in read_parts(response)]
                    else:
                        first = json.loads(await response.aread())
                plans.append(json.dumps(first["extensions"]["plan"]))

    assert ["parcels" in plan for plan in plans] == [True] * 4
    for word in ("email", "postage", "region"):
        assert [word in plan for plan in plans] == [False, False, True, True]


async def test_a_list_is_kept_for_nobody_once_one_item_is_and_has_each_items_plan_and_errors(
    tmp_path: Path,
) -> None:
    body = [{"query": QUERY}, {"extensions": HASH}, {"query": "{ open }"}, {"query": "{ nope }"}]
    headers = headers_of(None, IN_PARTS, **{"cattery-expose-plan": "true"})
    async with a_vault(tmp_path) as world:
        plain = await ask(world, [{"query": "{ open }"}], headers_of(None, IN_PARTS))
        mixed = await ask(world, body[2:], headers_of(None, IN_PARTS))
        shown = await ask(world, body, headers)

    assert plain.headers["cache-control"] == "max-age=60, public"
    assert mixed.headers["cache-control"] == shown.headers["cache-control"] == "no-store"
    assert all("x-served-by" not in each.headers for each in (plain, mixed, shown))
    answers = shown.json()
    assert ["plan" in each.get("extensions", {}) for each in answers] == [True, False, True, False]
    assert answers[0]["data"]["me"] == FOR_ANYBODY
    assert [answers[number]["errors"][0]["extensions"]["code"] for number in (0, 1, 3)] == [
        "UNAUTHORIZED_FIELD_OR_TYPE",
        "PERSISTED_QUERY_NOT_FOUND",
        "GRAPHQL_VALIDATION_FAILED",
    ]


async def test_headers_for_clients_are_on_shared_answers_too(tmp_path: Path) -> None:
    async with a_vault(tmp_path) as world:
        responses = await asyncio.gather(
            *(ask(world, {"query": "{ open }"}, headers_of(None, GRAPHQL_JSON)) for _ in range(4))
        )
        shared = await world.metric("coalesced_requests_total")

    assert shared > 0
    assert {each.headers["x-served-by"] for each in responses} == {"cattery"}
    assert {each.headers["cache-control"] for each in responses} == {"max-age=60, public"}
    assert len({each.headers["x-request-id"] for each in responses}) == 4


async def test_an_answer_in_parts_is_in_flight_until_its_last_part(tmp_path: Path) -> None:
    query = "{ products { name ... @defer { stars } } }"
    async with tardy_shop(tmp_path, server={"max_in_flight": 1}) as shop:
        async with shop.client.stream(
            "POST", "/graphql", json={"query": query}, headers={"accept": IN_PARTS}
        ) as response:
            parts = read_parts(response)
            await anext(parts)
            refused = await shop.client.post("/graphql", json={"query": "{ products { name } }"})
            shop.may_answer.set()
            rest = [part async for part in parts]
        taken = await shop.client.post("/graphql", json={"query": "{ products { name } }"})

    assert refused.status_code == 503
    assert not rest[-1]["hasNext"]
    assert taken.status_code == 200
