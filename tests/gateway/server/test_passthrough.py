"""Paths of another service: what goes through as it is, and what does not get through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.config.settings import PassthroughConfig
from shared.local_apps import publish_app
from tests.support.gateway import RunningGateway, codes, running, shop_config


async def _echo(request: Request) -> Response:
    response = JSONResponse(
        {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "body": (await request.body()).decode(),
            "headers": dict(request.headers),
        }
    )
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def _redirect(_: Request) -> Response:
    return RedirectResponse("https://app.test/callback?code=1", status_code=302)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    routes = [
        Route("/oauth/away", _redirect),
        Route("/oauth/{rest:path}", _echo, methods=["GET", "POST", "PUT"]),
    ]
    publish_app("provider", Starlette(routes=routes))
    config = replace(
        shop_config(tmp_path),
        passthrough=(
            PassthroughConfig(prefix="/oauth", url="app://provider"),
            PassthroughConfig(prefix="/nowhere", url="app://nowhere"),
        ),
    )
    async with running(config) as found:
        yield found


async def test_a_request_is_handed_through_as_it_is(gateway: RunningGateway) -> None:
    response = await gateway.client.post(
        "/oauth/token?x=1&y=%20", content=b"grant_type=password", headers={"x-mine": "yes"}
    )

    seen = response.json()
    assert (seen["method"], seen["path"], seen["query"]) == ("POST", "/oauth/token", "x=1&y=%20")
    assert seen["body"] == "grant_type=password"
    assert seen["headers"]["x-mine"] == "yes"
    assert response.headers.get_list("set-cookie") == [
        "a=1; Path=/; SameSite=lax",
        "b=2; Path=/; SameSite=lax",
    ]


async def test_a_client_cannot_say_where_it_comes_from(gateway: RunningGateway) -> None:
    response = await gateway.client.get(
        "/oauth/x", headers={"x-forwarded-for": "10.0.0.1", "x-client-ip": "10.0.0.1"}
    )

    headers = response.json()["headers"]
    assert "10.0.0.1" not in headers.values()


async def test_a_redirect_reaches_the_browser(gateway: RunningGateway) -> None:
    response = await gateway.client.get("/oauth/away")

    assert response.status_code == 302
    assert response.headers["location"] == "https://app.test/callback?code=1"


async def test_a_service_that_is_away_is_said_to_be(gateway: RunningGateway) -> None:
    response = await gateway.client.get("/nowhere/at/all")

    assert response.status_code == 502
    assert codes(response) == ["UPSTREAM_UNAVAILABLE"]


async def test_a_body_too_large_is_refused(gateway: RunningGateway) -> None:
    response = await gateway.client.post("/oauth/token", content=b"x" * 2_000_001)

    assert response.status_code == 413
    assert codes(response) == ["PAYLOAD_TOO_LARGE"]


async def test_other_paths_stay_the_gateways_own(gateway: RunningGateway) -> None:
    response = await gateway.client.get("/oauthx")

    assert response.status_code == 404


async def test_a_path_is_not_read_on_its_way_through(gateway: RunningGateway) -> None:
    response = await gateway.client.get("/oauth/a%3Fb/%2Fc?d=%3F")

    assert (response.json()["path"], response.json()["query"]) == ("/oauth/a%3Fb//c", "d=%3F")


@pytest.mark.parametrize("path", ["/oauth/%2e%2e/inside", "/oauth/a/%2E./%2e%2e/inside"])
async def test_a_path_cannot_climb_out_of_its_prefix(gateway: RunningGateway, path: str) -> None:
    response = await gateway.client.get(path)

    assert response.status_code == 404
    assert codes(response) == ["NOT_FOUND"]
