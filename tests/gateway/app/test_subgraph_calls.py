"""Settings of calls and headers, from the configuration to what a subgraph sees."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from aiohttp import web

from gateway.app import create_app
from gateway.config import GatewayConfig, load_config
from gateway.errors import ConfigInvalid
from tests.support.free_servers import serving
from tests.support.gateway import running

SDL = "type Query { a: Int }"


def config_of(folder: Path, url: str, **settings: object) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    content = {
        "subgraphs": {"stock": {"routing_url": url, "schema": {"sdl": SDL}}},
        "gateway": {"telemetry": {"log_requests": "none"}, **settings},
    }
    path.write_text(yaml.safe_dump(content))
    return load_config(config=path, environment={})


class Subgraph:
    """Answers, with one status for ever; remembers the headers of each request."""

    def __init__(self, status: int = 200) -> None:
        self._status = status
        self.seen: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append({name.lower(): value for name, value in request.headers.items()})
        await request.read()
        return web.json_response({"data": {"a": 1}}, status=self._status)


async def test_header_rules_reach_the_subgraph(tmp_path: Path) -> None:
    subgraph = Subgraph()
    headers = {
        "requests": [{"propagate": {"matching": "x-shop-.*"}}],
        "subgraphs": {
            "stock": {
                "forward": [],
                "requests": [
                    {"insert": {"name": "x-user", "claim": "sub"}},
                    {"remove": {"name": "x-client-ip"}},
                ],
            }
        },
    }
    async with (
        serving(subgraph.answer) as url,
        running(config_of(tmp_path, url, headers=headers)) as gateway,
    ):
        response = await gateway.post(
            "{ a }",
            headers={"authorization": "Bearer t", "x-shop-id": "7", "x-user": "forged"},
        )

    assert response.json() == {"data": {"a": 1}}
    (seen,) = subgraph.seen
    assert seen["x-shop-id"] == "7"
    assert not seen.keys() & {"authorization", "x-user", "x-client-ip"}


async def test_headers_of_a_response_reach_the_client_by_rules_only(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        sent = web.json_response({"data": {"a": 1}}, headers={"x-kept": "1", "x-other": "2"})
        sent.set_cookie("a", "1")
        sent.set_cookie("b", "2")
        return sent

    headers = {
        "responses": [{"propagate": {"name": name}} for name in ("x-kept", "set-cookie")],
    }
    async with (
        serving(answer) as url,
        running(config_of(tmp_path, url, headers=headers)) as gateway,
    ):
        response = await gateway.post("{ a }")

    assert response.headers["x-kept"] == "1"
    assert "x-other" not in response.headers
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Path=/"]


async def test_a_circuit_that_opens_is_told_once_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subgraph = Subgraph(status=503)
    traffic = {"subgraphs": {"stock": {"max_retries": 0}}}
    async with (
        serving(subgraph.answer) as url,
        running(config_of(tmp_path, url, traffic=traffic)) as gateway,
    ):
        for _ in range(30):
            await gateway.post("{ a }")
        metrics = (await gateway.client.get("/metrics")).text

    assert len(subgraph.seen) == 20
    assert 'cattery_gateway_subgraph_circuit{subgraph="stock"} 2.0' in metrics
    lines = "".join(capsys.readouterr()).splitlines()
    assert len([line for line in lines if "subgraph circuit changed" in line]) == 1
    refused = [line for line in lines if "SUBGRAPH_SUSPENDED" in line]
    assert all("debug" in line for line in refused)


@pytest.mark.parametrize("section", ["traffic", "headers"])
async def test_settings_for_a_subgraph_that_a_composed_supergraph_does_not_have_are_refused(
    tmp_path: Path, section: str
) -> None:
    fixtures = Path(__file__).parents[2] / "fixtures" / "supergraphs"
    file = fixtures / "unions" / "supergraph.graphql"
    settings = tmp_path / "settings.yaml"
    settings.write_text(yaml.safe_dump({section: {"subgraphs": {"nobody": {}}}}))
    config = load_config(supergraph=file, gateway_config=settings, environment={})

    app = create_app(config)
    with pytest.raises(ConfigInvalid, match=rf"gateway\.{section}\.subgraphs\.nobody"):
        async with app.router.lifespan_context(app):
            pass


async def test_a_certificate_that_cannot_be_used_keeps_the_gateway_from_starting(
    tmp_path: Path,
) -> None:
    empty = tmp_path / "ca.pem"
    empty.touch()
    config = config_of(
        tmp_path, "https://stock.test/graphql", traffic={"tls": {"ca_file": str(empty)}}
    )

    app = create_app(config)
    with pytest.raises(ConfigInvalid, match=r"ca\.pem holds no certificates"):
        async with app.router.lifespan_context(app):
            pass
