"""The plan in an answer's extensions, for those who may see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared.local_apps import publish_app
from tests.support.gateway import GRAPHQL_JSON, RunningGateway, codes, running, shop_config
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

KEYS = Issuer()
QUERY = "query ($n: Int) { products(first: $n) { name reviews { text } } }"


@pytest.fixture(scope="module", autouse=True)
def issuer() -> None:
    publish_app("plan-exposure-issuer", KEYS.app())


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    config = shop_config(
        tmp_path,
        plan_exposure={"roles": ["OPERATOR", "DEVELOPER"]},
        identity={
            "jwks_url": "app://plan-exposure-issuer/keys",
            "issuer": ISSUER,
            "audience": AUDIENCE,
        },
    )
    async with running(config) as found:
        yield found


@pytest.fixture
async def open_to_all(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    config = shop_config(
        tmp_path,
        plan_exposure={"anyone": True},
        limits={"max_batch": 2},
        traffic={"coalesce_queries": True},
    )
    async with running(config) as found:
        yield found


async def ask(
    gateway: RunningGateway,
    asked: str,
    *,
    query: str = QUERY,
    token: str | None = None,
    variables: dict[str, object] | None = None,
) -> httpx.Response:
    headers = {"cattery-expose-plan": asked}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    return await gateway.post(query, variables=variables or {"n": 2}, headers=headers)


async def test_the_plan_comes_with_the_answer_and_with_how_its_requests_went(
    guarded: RunningGateway,
) -> None:
    response = await ask(guarded, "true", token=KEYS.token(roles=["CLIENT", "OPERATOR"]))

    body = response.json()
    plan = body["extensions"]["plan"]
    assert body["data"]["products"][1] == {
        "name": "Brush",
        "reviews": [{"text": "A fine thing, number 2."}],
    }
    assert plan["kind"] == "QueryPlan"
    assert [node["kind"] for node in plan["node"]["nodes"]] == ["Fetch", "Fetch"]
    assert plan["text"].startswith("QueryPlan {")
    assert plan["cached"] is False
    assert [
        (one["fetch"], one["subgraph"], one["status"], one["entities"], one["error"])
        for one in plan["requests"]
    ] == [(0, "products", 200, 0, None), (1, "reviews", 200, 2, None)]
    assert all(
        one["durationMs"] > 0 and one["requestBytes"] and one["responseBytes"]
        for one in plan["requests"]
    )


async def test_a_dry_run_plans_and_sends_nothing(open_to_all: RunningGateway) -> None:
    query = 'mutation { rename(id: 1, name: "Changed") { name } }'

    dry = await ask(open_to_all, "dry-run", query=query)
    name = await open_to_all.post("{ product(id: 1) { name } }")

    body = dry.json()
    assert dry.status_code == 200
    assert body["data"] is None
    assert "errors" not in body
    assert body["extensions"]["plan"]["operationKind"] == "mutation"
    assert "requests" not in body["extensions"]["plan"]
    assert name.json() == {"data": {"product": {"name": "Basket"}}}


async def test_a_dry_run_refuses_what_would_be_refused(open_to_all: RunningGateway) -> None:
    invalid = await ask(open_to_all, "dry-run", query="{ nope }")
    wrong = await ask(open_to_all, "dry-run", variables={"n": "two"})

    assert codes(invalid) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(wrong) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("roles", [None, [], ["CLIENT"], "CLIENT", "operator", 7])
@pytest.mark.parametrize("asked", ["true", "dry-run"])
async def test_whoever_may_not_see_it_is_answered_as_if_they_had_not_asked(
    guarded: RunningGateway, roles: object, asked: str
) -> None:
    plain = await guarded.post(QUERY, variables={"n": 2})

    response = await ask(guarded, asked, token=KEYS.token(roles=roles))
    nobody = await ask(guarded, asked)

    assert response.json() == nobody.json() == plain.json()


async def test_one_role_may_be_text(guarded: RunningGateway) -> None:
    response = await ask(guarded, "dry-run", token=KEYS.token(roles="DEVELOPER"))

    assert response.json()["data"] is None


@pytest.mark.parametrize("asked", ["", "false", "TRUE", "dry run", "1"])
async def test_another_word_asks_for_nothing(open_to_all: RunningGateway, asked: str) -> None:
    response = await ask(open_to_all, asked)

    assert set(response.json()) == {"data"}


async def test_nobody_sees_a_plan_unless_allowed(gateway: RunningGateway) -> None:
    response = await ask(gateway, "dry-run")

    assert set(response.json()) == {"data"}


async def test_each_item_of_a_list_has_its_plan(open_to_all: RunningGateway) -> None:
    response = await open_to_all.client.post(
        "/graphql",
        json=[{"query": "{ reviewCount }"}, {"query": "{ __typename }"}],
        headers={"cattery-expose-plan": "true", "accept": GRAPHQL_JSON},
    )

    first, second = response.json()
    assert first["extensions"]["plan"]["node"]["subgraph"] == "reviews"
    assert second["extensions"]["plan"]["node"] is None
    assert second["extensions"]["plan"]["requests"] == []


async def test_a_failed_request_tells_why(open_to_all: RunningGateway) -> None:
    response = await ask(open_to_all, "true", query="{ forbidden }")

    body = response.json()
    (call,) = body["extensions"]["plan"]["requests"]
    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert call["status"] == 200


async def test_a_plan_that_was_there_says_so(open_to_all: RunningGateway) -> None:
    await ask(open_to_all, "true")

    response = await ask(open_to_all, "true")

    assert response.json()["extensions"]["plan"]["cached"] is True


async def test_a_plan_is_not_kept_by_caches(tmp_path: Path) -> None:
    config = shop_config(tmp_path, plan_exposure={"anyone": True}, cache_control={"enabled": True})

    async with running(config) as gateway:
        shown = await ask(gateway, "true")
        dry = await ask(gateway, "dry-run")

    assert shown.headers["cache-control"] == dry.headers["cache-control"] == "no-store"
