"""What answers tell caches, on the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.config import load_config
from tests.support.gateway import RunningGateway, running, shop_config
from tests.support.serving import serving_http

PREFLIGHT = {"graphql-require-preflight": "1"}
COUNTS = {"query": "{ count }"}


def create_counter(cache_control: str) -> Starlette:
    async def serve(_: Request) -> JSONResponse:
        return JSONResponse({"data": {"count": 7}}, headers={"cache-control": cache_control})

    return Starlette(routes=[Route("/", serve, methods=["POST"])])


@pytest.fixture
async def keeping(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    path = tmp_path / "supergraph.yaml"
    async with serving_http(create_counter("max-age=60, public")) as url:
        path.write_text(
            f"""
            subgraphs: {{counter: {{routing_url: "{url}/", schema: {{sdl: "type Query {{ count: Int }}"}}}}}}
            gateway: {{cache_control: {{enabled: true}}, limits: {{max_batch: 3}}}}
            """
        )
        async with running(load_config(config=path, environment={})) as gateway:
            yield gateway


async def get(
    gateway: RunningGateway, params: Mapping[str, str], **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    response = await gateway.client.get(
        "/graphql",
        params=params,
        headers={**PREFLIGHT, **{name.replace("_", "-"): value for name, value in headers.items()}},
    )
    return response.status_code, response.headers, response.content


async def test_an_answer_that_may_be_kept_says_on_what_it_depends(keeping: RunningGateway) -> None:
    status, headers, body = await get(keeping, COUNTS)

    assert (status, body) == (200, b'{"data":{"count":7}}')
    assert headers["cache-control"] == "max-age=60, public"
    assert headers["vary"] == "Accept, Accept-Encoding, authorization, accept-language"
    assert headers["etag"].startswith('W/"')


async def test_who_has_the_answer_is_told_so(keeping: RunningGateway) -> None:
    _, first, _ = await get(keeping, COUNTS)
    tag = first["etag"]

    status, headers, body = await get(keeping, COUNTS, if_none_match=f'"other", {tag}')
    any_status, _, _ = await get(keeping, COUNTS, if_none_match="*")
    other, _, content = await get(keeping, COUNTS, if_none_match='W/"other"')

    assert (status, body) == (304, b"")
    assert headers["etag"] == tag
    assert headers["cache-control"] == "max-age=60, public"
    assert "content-length" not in headers
    assert any_status == 304
    assert (other, content) == (200, b'{"data":{"count":7}}')


async def test_other_operations_have_other_tags(keeping: RunningGateway) -> None:
    _, first, _ = await get(keeping, COUNTS)
    _, second, _ = await get(keeping, {"query": "{ other: count }"})

    assert second.get("etag") != first["etag"]


async def test_answers_by_post_have_no_tag(keeping: RunningGateway) -> None:
    response = await keeping.client.post("/graphql", json=COUNTS, headers={"if-none-match": "*"})

    assert response.status_code == 200
    assert response.headers["cache-control"] == "max-age=60, public"
    assert "etag" not in response.headers


async def test_a_list_is_kept_as_long_as_its_strictest_answer(keeping: RunningGateway) -> None:
    both = await keeping.client.post("/graphql", json=[COUNTS, COUNTS])
    one = await keeping.client.post("/graphql", json=[COUNTS, {"query": "{ __typename }"}])
    refused = await keeping.client.post("/graphql", json=[COUNTS, {"query": "{ nope }"}])

    assert both.headers["cache-control"] == "max-age=60, public"
    assert one.headers["cache-control"] == "no-store"
    assert refused.headers["cache-control"] == "no-store"


async def test_refusals_are_not_kept(keeping: RunningGateway) -> None:
    _, headers, _ = await get(keeping, {"query": "{ nope }"})
    _, missing, _ = await get(
        keeping,
        {"extensions": '{"persistedQuery": {"version": 1, "sha256Hash": "%s"}}' % ("0" * 64)},
    )

    assert headers["cache-control"] == "no-store"
    assert "etag" not in headers
    assert missing["cache-control"] == "private, no-cache, must-revalidate"


@pytest.mark.parametrize(
    ("rule", "vary"),
    [
        ({"name": "x-tenant"}, "Accept, Accept-Encoding, authorization, x-tenant"),
        ({"matching": "x-shop-.*"}, "*"),
    ],
)
async def test_an_answer_depends_on_what_rules_hand_on(
    tmp_path: Path, rule: Mapping[str, str], vary: str
) -> None:
    headers = {"forward": [], "requests": [{"propagate": rule}]}
    path = tmp_path / "supergraph.yaml"
    async with serving_http(create_counter("max-age=60")) as url:
        schema = {"sdl": "type Query { count: Int }"}
        content = {
            "subgraphs": {"counter": {"routing_url": f"{url}/", "schema": schema}},
            "gateway": {"cache_control": {"enabled": True}, "headers": headers},
        }
        path.write_text(yaml.safe_dump(content))
        async with running(load_config(config=path, environment={})) as gateway:
            _, found, _ = await get(gateway, COUNTS)

    assert found["vary"] == vary


async def test_nothing_is_said_of_caching_unless_enabled(tmp_path: Path) -> None:
    async with running(shop_config(tmp_path)) as gateway:
        _, headers, _ = await get(gateway, {"query": "{ reviewCount }"})

    assert "cache-control" not in headers
    assert "etag" not in headers
    assert headers["vary"] == "Accept, Accept-Encoding"
