"""GraphQL over HTTP, as clients use it."""

from __future__ import annotations

import asyncio
import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.server.compression import accepts_gzip
from gateway.server.direct_path import DirectPath
from tests.support.gateway import GRAPHQL_JSON, RunningGateway, codes, running, shop_config
from tests.support.shop import create_products
from tests.support.tardy_shop import tardy_shop

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PREFLIGHT = {"graphql-require-preflight": "1"}


async def test_a_query_is_answered_from_several_subgraphs(gateway: RunningGateway) -> None:
    response = await gateway.post("{ product(id: 1) { name reviews { text } } }")

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"
    assert response.json() == {
        "data": {"product": {"name": "Basket", "reviews": [{"text": "A fine thing, number 1."}]}}
    }


async def test_a_query_by_get_is_answered(gateway: RunningGateway) -> None:
    response = await gateway.client.get(
        "/graphql",
        params={
            "query": "query A($n: Int) { products(first: $n) { id } } query B { reviewCount }",
            "operationName": "A",
            "variables": '{"n": 1}',
        },
        headers=PREFLIGHT,
    )

    assert response.json() == {"data": {"products": [{"id": "1"}]}}
    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_null_counts_as_absent_and_unknown_members_are_ignored(
    gateway: RunningGateway,
) -> None:
    body = {
        "query": "{ reviewCount }",
        "variables": None,
        "operationName": None,
        "extensions": None,
        "more": 1,
    }

    response = await gateway.client.post("/graphql", json=body)

    assert response.json() == {"data": {"reviewCount": 4}}


async def test_clients_of_the_older_type_get_200_for_operations_that_are_refused(
    gateway: RunningGateway,
) -> None:
    response = await gateway.post("{ nope }", headers={"accept": "application/json"})

    assert response.status_code == 200
    assert codes(response) == ["GRAPHQL_VALIDATION_FAILED"]


async def test_the_draft_of_2026_is_kept_to_when_asked(tmp_path: Path) -> None:
    async with running(shop_config(tmp_path, server={"strict_status": True})) as gateway:
        refused = await gateway.post("{ nope }")
        partial = await gateway.post("{ forbidden reviewCount }")
        legacy = await gateway.post("{ forbidden }", headers={"accept": "application/json"})

    assert (refused.status_code, partial.status_code, legacy.status_code) == (422, 294, 200)


async def test_the_request_id_goes_in_and_out(gateway: RunningGateway) -> None:
    response = await gateway.post("{ requestHeaders }", headers={"x-request-id": "order-7"})

    assert response.headers["x-request-id"] == "order-7"
    assert "x-request-id: order-7" in response.json()["data"]["requestHeaders"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 200, "<script>"])
async def test_a_request_id_that_cannot_be_trusted_is_replaced(
    gateway: RunningGateway, given: str
) -> None:
    response = await gateway.post("{ reviewCount }", headers={"x-request-id": given})

    assert len(response.headers["x-request-id"]) == 32


async def test_subgraphs_hear_what_is_on_the_list_and_no_more(tmp_path: Path) -> None:
    config = shop_config(tmp_path, headers={"forward": ["authorization", "X-Tenant"]})
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    async with running(config) as gateway:
        response = await gateway.post(
            "{ requestHeaders }",
            headers={
                "authorization": "Bearer mine",
                "x-tenant": "cats",
                "cookie": "session=1",
                "x-other": "1",
                "traceparent": trace,
            },
        )

    heard = dict(line.split(": ", 1) for line in response.json()["data"]["requestHeaders"])
    assert heard["authorization"] == "Bearer mine"
    assert heard["x-tenant"] == "cats"
    assert heard["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert heard["traceparent"] != trace
    assert "cookie" not in heard
    assert "x-other" not in heard


@pytest.mark.parametrize(
    ("forward", "heard"), [([], "127.0.0.1"), (["x-client-ip"], "198.51.100.1")]
)
async def test_subgraphs_hear_who_called_and_only_a_proxy_on_the_list_may_say_otherwise(
    tmp_path: Path, forward: list[str], heard: str
) -> None:
    async with running(shop_config(tmp_path, headers={"forward": forward})) as gateway:
        response = await gateway.post("{ requestHeaders }", headers={"x-client-ip": "198.51.100.1"})

    lines = response.json()["data"]["requestHeaders"]
    assert [line for line in lines if line.startswith("x-client-ip")] == [f"x-client-ip: {heard}"]


async def test_large_answers_are_compressed_for_clients_that_accept_it(tmp_path: Path) -> None:
    config = shop_config(tmp_path, server={"compress_min_bytes": 200})
    query = "{ products { id name related { id name related { id name } } } }"

    async with running(config) as gateway:
        plain = await gateway.post(query, headers={"accept-encoding": "identity"})
        small = await gateway.post("{ reviewCount }", headers={"accept-encoding": "gzip"})
        async with gateway.client.stream(
            "POST", "/graphql", json={"query": query}, headers={"accept-encoding": "br, gzip"}
        ) as response:
            raw = b"".join([chunk async for chunk in response.aiter_raw()])

    assert response.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in small.headers
    assert int(response.headers["content-length"]) == len(raw) < len(plain.content)
    assert json.loads(gzip.decompress(raw)) == plain.json()


@pytest.mark.parametrize(
    ("accept_encoding", "accepts"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, br", False),
        ("identity", False),
    ],
)
def test_gzip_is_accepted_or_not(accept_encoding: str | None, accepts: bool) -> None:
    assert accepts_gzip(accept_encoding) is accepts


async def test_a_list_of_requests_is_answered_in_order_when_allowed(tmp_path: Path) -> None:
    requests = [
        {"query": "{ slow(milliseconds: 30) }"},
        {"query": "{ nope }"},
        {"query": "{ reviewCount }"},
    ]

    async with running(shop_config(tmp_path, limits={"max_batch": 3})) as gateway:
        answered = await gateway.client.post("/graphql", json=requests)
        too_many = await gateway.client.post("/graphql", json=requests * 2)
        empty = await gateway.client.post("/graphql", json=[])

    first, second, third = answered.json()
    assert first == {"data": {"slow": 30}}
    assert second["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert third == {"data": {"reviewCount": 4}}
    assert codes(too_many) == ["BATCH_LIMIT_EXCEEDED"]
    assert codes(empty) == ["BAD_REQUEST"]


async def test_more_requests_than_allowed_at_once_are_turned_away(tmp_path: Path) -> None:
    async with tardy_shop(tmp_path, server={"max_in_flight": 1}) as shop:
        ask = partial(shop.client.post, "/graphql")
        held = asyncio.create_task(ask(json={"query": "{ products { reviews { text } } }"}))
        await shop.was_asked.wait()
        refused = await ask(json={"query": "{ products { name } }"})
        shop.may_answer.set()
        answered = await held

    assert refused.status_code == 503
    assert codes(refused) == ["OVERLOADED"]
    assert refused.headers["retry-after"] == "1"
    assert answered.status_code == 200


async def test_a_browser_gets_a_page_that_needs_nothing_from_elsewhere(
    gateway: RunningGateway,
) -> None:
    page = await gateway.client.get("/graphql", headers={"accept": BROWSER})
    query = await gateway.client.get(
        "/graphql", params={"query": "{ reviewCount }"}, headers={"accept": BROWSER, **PREFLIGHT}
    )

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert query.json() == {"data": {"reviewCount": 4}}


async def test_the_page_can_be_switched_off(tmp_path: Path) -> None:
    async with running(shop_config(tmp_path, server={"explorer": False})) as gateway:
        response = await gateway.client.get("/graphql", headers={"accept": BROWSER, **PREFLIGHT})

    assert codes(response) == ["MISSING_QUERY"]


async def test_pages_of_allowed_origins_may_ask(tmp_path: Path) -> None:
    config = shop_config(
        tmp_path, cors={"allow_origins": ["https://shop.test"], "allow_credentials": True}
    )
    preflight = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization",
    }

    async with running(config) as gateway:
        allowed = await gateway.client.options(
            "/graphql", headers={"origin": "https://shop.test", **preflight}
        )
        foreign = await gateway.client.options(
            "/graphql", headers={"origin": "https://evil.test", **preflight}
        )
        asked = await gateway.post("{ reviewCount }", headers={"origin": "https://shop.test"})

    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://shop.test"
    assert foreign.status_code == 400
    assert "access-control-allow-origin" not in foreign.headers
    assert asked.headers["access-control-allow-origin"] == "https://shop.test"


async def test_without_allowed_origins_no_page_is_told_anything(gateway: RunningGateway) -> None:
    response = await gateway.post("{ reviewCount }", headers={"origin": "https://shop.test"})

    assert "access-control-allow-origin" not in response.headers


async def test_metrics_count_requests_calls_and_plans(gateway: RunningGateway) -> None:
    await gateway.post("{ reviewCount }")
    await gateway.post("{ reviewCount }")
    await gateway.post("{ nope }")

    text = (await gateway.client.get("/metrics")).text

    assert 'cattery_gateway_requests_total{kind="query",status="200"} 2.0' in text
    assert 'cattery_gateway_requests_total{kind="none",status="400"} 1.0' in text
    assert 'cattery_gateway_subgraph_calls_total{outcome="answered",subgraph="reviews"} 2.0' in text
    assert 'cattery_gateway_plan_cache_total{result="hit"} 1.0' in text
    assert 'cattery_gateway_plan_cache_total{result="miss"} 1.0' in text
    assert "cattery_gateway_requests_in_flight 0.0" in text


async def test_metrics_can_be_switched_off(tmp_path: Path) -> None:
    async with running(shop_config(tmp_path, telemetry={"metrics": False})) as gateway:
        response = await gateway.client.get("/metrics")

    assert response.status_code == 404


async def test_a_gateway_that_serves_is_alive_and_ready(gateway: RunningGateway) -> None:
    live = await gateway.client.get("/health/live")
    ready = await gateway.client.get("/health/ready")

    assert (live.status_code, ready.status_code) == (200, 200)


async def test_a_client_that_leaves_amid_its_body_harms_nobody(gateway: RunningGateway) -> None:
    messages: list[Any] = [
        {"type": "http.request", "body": b'{"query', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(f"Nobody is there to read {message}.")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    await gateway.app(scope, receive, send)

    assert gateway.app.state.serving.in_flight == 0
    assert (await gateway.post("{ reviewCount }")).status_code == 200


async def test_a_body_that_does_not_arrive_is_not_waited_for(tmp_path: Path) -> None:
    config = shop_config(tmp_path, server={"request_timeout_seconds": 0.1})

    async def never() -> Any:
        yield b"{"
        await asyncio.Event().wait()

    async with running(config) as gateway:
        response: httpx.Response = await gateway.client.post(
            "/graphql", content=never(), headers={"content-type": "application/json"}
        )

    assert response.status_code == 408
    assert codes(response) == ["REQUEST_TIMEOUT"]


def test_an_endpoint_that_is_no_app_is_refused_when_the_app_is_built() -> None:
    with pytest.raises(TypeError, match="no ASGI app"):
        DirectPath(create_products(), "/graphql", None)  # type: ignore[arg-type]
