"""From configuration to a gateway that serves: whatever order things start in, and whatever does not start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client import Counter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.app import create_app
from gateway.composition.compose import SubgraphSource, compose
from gateway.config import GatewayConfig, load_config
from gateway.errors import (
    CompositionFailed,
    ConfigInvalid,
    GatewayError,
    SubgraphSchemaUnavailable,
    SupergraphInvalid,
)
from gateway.server.serving import Phase, Serving
from tests.support.gateway import codes, running, shop_config
from tests.support.serving import serving_http
from tests.support.shop import PRODUCTS_SDL, REVIEWS_SDL, create_products, create_reviews
from tests.support.waiting import until

GREETINGS = Counter(
    "greetings", "Counted by a subgraph as apps do, in the registry of the process."
)

LIVES: list[str] = []
"""What the apps of this module went through."""


def create_living() -> Starlette:
    """A subgraph that hands its requests something from its start."""

    @asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[dict[str, str]]:
        LIVES.append("started")
        yield {"greeting": "hello"}
        LIVES.append("stopped")

    async def serve(request: Request) -> JSONResponse:
        query = (await request.json())["query"]
        if "sdl" in query:
            return JSONResponse({"data": {"_service": {"sdl": "type Query { greeting: String }"}}})
        return JSONResponse({"data": {"greeting": request.state.greeting}})

    return Starlette(routes=[Route("/graphql", serve, methods=["POST"])], lifespan=live)


def create_stillborn() -> Starlette:
    """A subgraph whose start-up fails."""

    @asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        open_database()
        yield

    def open_database() -> None:
        raise RuntimeError("no database")

    return Starlette(lifespan=live)


def create_requests_only() -> ASGIApp:
    """A subgraph that knows requests and no lifespan, as apps of some frameworks do."""
    served = create_living().routes[0]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Unknown scope type: {scope['type']!r}")
        scope["state"] = {"greeting": "hello"}
        await served.handle(scope, receive, send)

    return app


def create_dropped() -> ASGIApp:
    """A subgraph that breaks while it starts, and does not say so."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise RuntimeError("no database")

    return app


def create_nothing() -> None:
    """No app."""


def load(folder: Path, content: object) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_config(config=path, environment={})


def over(url: str, **settings: object) -> dict[str, object]:
    """A configuration with one subgraph that is asked for its schema."""
    telemetry = {"log_requests": "none"}
    return {
        "subgraphs": {"products": {"schema": {"subgraph_url": url}}},
        "gateway": {"telemetry": telemetry, **settings},
    }


async def start(config: GatewayConfig) -> None:
    """Start a gateway that is expected not to."""
    app = create_app(config)
    async with app.router.lifespan_context(app):
        raise AssertionError("It started.")


async def test_a_subgraph_in_this_process_lives_with_the_gateway(tmp_path: Path) -> None:
    LIVES.clear()
    config = load(tmp_path, {"subgraphs": {"living": {"in_process": f"{__name__}:create_living"}}})

    async with running(config) as gateway:
        response = await gateway.post("{ greeting }")
        during = list(LIVES)

    assert response.json() == {"data": {"greeting": "hello"}}
    assert (during, LIVES) == (["started"], ["started", "stopped"])


async def test_a_subgraph_in_this_process_needs_no_lifespan(tmp_path: Path) -> None:
    factory = f"{__name__}:create_requests_only"
    config = load(tmp_path, {"subgraphs": {"plain": {"in_process": factory}}})

    async with running(config) as gateway:
        response = await gateway.post("{ greeting }")

    assert response.json() == {"data": {"greeting": "hello"}}


async def test_a_subgraph_that_breaks_while_it_starts_is_not_served(tmp_path: Path) -> None:
    factory = f"{__name__}:create_dropped"

    with pytest.raises(SubgraphSchemaUnavailable, match="no database"):
        await start(load(tmp_path, {"subgraphs": {"dropped": {"in_process": factory}}}))


async def test_metrics_of_subgraphs_in_this_process_are_on_the_gateways_page(
    tmp_path: Path,
) -> None:
    config = load(tmp_path, {"subgraphs": {"living": {"in_process": f"{__name__}:create_living"}}})
    GREETINGS.inc()

    async with running(config) as gateway:
        page = (await gateway.client.get("/metrics")).text

    assert "greetings_total 1.0" in page
    assert "cattery_gateway_requests_in_flight 0.0" in page


async def test_subgraphs_over_http_are_asked_for_their_schemas(tmp_path: Path) -> None:
    async with (
        serving_http(create_products()) as products,
        serving_http(create_reviews()) as reviews,
    ):
        config = load(
            tmp_path,
            {
                "subgraphs": {
                    "products": {"schema": {"subgraph_url": f"{products}/graphql"}},
                    "reviews": {"schema": {"subgraph_url": f"{reviews}/graphql"}},
                }
            },
        )
        async with running(config) as gateway:
            response = await gateway.post("{ product(id: 2) { name } reviewCount }")

    assert response.json() == {"data": {"product": {"name": "Brush"}, "reviewCount": 4}}


async def test_a_composed_supergraph_is_served_with_subgraphs_where_they_really_are(
    tmp_path: Path,
) -> None:
    sdl = compose(
        [
            SubgraphSource("products", "http://nowhere.test/graphql", PRODUCTS_SDL),
            SubgraphSource("reviews", "http://nowhere.test/graphql", REVIEWS_SDL),
        ]
    ).supergraph_sdl
    assert sdl is not None
    (tmp_path / "supergraph.graphql").write_text(sdl)
    settings = tmp_path / "gateway.yaml"

    async with serving_http(create_products()) as products:
        settings.write_text(yaml.safe_dump({"subgraph_urls": {"products": f"{products}/graphql"}}))
        config = load_config(
            supergraph=tmp_path / "supergraph.graphql", gateway_config=settings, environment={}
        )
        async with running(config) as gateway:
            response = await gateway.post("{ product(id: 3) { name } }")

    assert response.json() == {"data": {"product": {"name": "Bell"}}}


async def test_the_gateway_waits_for_a_subgraph_that_comes_up_later(tmp_path: Path) -> None:
    late = asyncio.Event()
    app = create_products()

    async def serve(request: Request) -> Response:
        if not late.is_set():
            return Response("starting", status_code=503)
        return await _forward(app, request)

    front = Starlette(routes=[Route("/graphql", serve, methods=["POST"])])
    async with (
        serving_http(front) as url,
        running(load(tmp_path, over(f"{url}/graphql")), waits=False) as gateway,
    ):
        early = await gateway.client.get("/health/ready")
        alive = await gateway.client.get("/health/live")
        refused = await gateway.post("{ products { id } }")
        late.set()
        await until(lambda: _is_ready(gateway.client))
        answered = await gateway.post("{ product(id: 1) { name } }")

    assert (early.status_code, early.json()["phase"]) == (503, "starting")
    assert alive.status_code == 200
    assert (refused.status_code, codes(refused)) == (503, ["NOT_READY"])
    assert answered.json() == {"data": {"product": {"name": "Basket"}}}


async def test_a_subgraph_that_never_comes_up_is_named(tmp_path: Path) -> None:
    config = load(tmp_path, over("http://127.0.0.1:9/graphql", server={"startup_seconds": 0.1}))

    with pytest.raises(SubgraphSchemaUnavailable, match="subgraph 'products': No connection"):
        await start(config)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "something that is not JSON"),
        (b'{"data": {"_service": null}}', "without data._service.sdl"),
        (b'{"errors": [{"message": "No _service here."}]}', "No _service here."),
    ],
)
async def test_an_answer_that_is_no_schema_is_told(
    tmp_path: Path, body: bytes, reason: str
) -> None:
    async def serve(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    front = Starlette(routes=[Route("/graphql", serve, methods=["POST"])])
    async with serving_http(front) as url:
        config = load(tmp_path, over(f"{url}/graphql", server={"startup_seconds": 0.1}))
        with pytest.raises(SubgraphSchemaUnavailable, match=reason):
            await start(config)


async def test_subgraphs_that_do_not_compose_stop_the_start(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        {
            "subgraphs": {
                "a": {"routing_url": "http://a.test", "schema": {"sdl": "type Query { a: Nope }"}}
            }
        },
    )

    with pytest.raises(CompositionFailed, match="INVALID_GRAPHQL"):
        await start(config)


async def test_a_file_that_is_no_supergraph_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"
    file.write_text("type Query { a: Int }")

    with pytest.raises(SupergraphInvalid):
        await start(load_config(supergraph=file, environment={}))


async def test_a_subgraph_that_cannot_start_stops_the_start(tmp_path: Path) -> None:
    config = load(
        tmp_path, {"subgraphs": {"still": {"in_process": f"{__name__}:create_stillborn"}}}
    )

    with pytest.raises(SubgraphSchemaUnavailable, match=r"'still' did not start.*no database"):
        await start(config)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("no.such.module:create", "cannot be imported"),
        ("tests.support.shop:no_such_factory", "cannot be imported"),
        (f"{__name__}:create_nothing", "does not return an ASGI app"),
        ("tests.support.shop:PRODUCTS_SDL", "does not return an ASGI app"),
    ],
)
def test_a_factory_that_makes_no_app_is_refused(tmp_path: Path, factory: str, message: str) -> None:
    config = load(tmp_path, {"subgraphs": {"a": {"in_process": factory}}})

    with pytest.raises(ConfigInvalid, match=message):
        create_app(config)


async def test_a_mishap_outside_the_pipeline_shows_nothing(tmp_path: Path) -> None:
    app = create_app(shop_config(tmp_path))

    async def broken(_request: Request) -> Response:
        raise RuntimeError("password=hunter2")

    app.router.routes.append(Route("/broken", broken))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        response = await client.get("/broken")

    assert response.status_code == 500
    assert codes(response) == ["INTERNAL_SERVER_ERROR"]
    assert "hunter2" not in response.text


MOVES: dict[Phase, Callable[[Serving], None]] = {
    Phase.FAILED: lambda serving: serving.fail(GatewayError("gone")),
    Phase.DRAINING: lambda serving: serving.drain(),
}


@pytest.mark.parametrize("first", MOVES)
@pytest.mark.parametrize("second", MOVES)
def test_phases_follow_each_other_as_drawn(first: Phase, second: Phase) -> None:
    serving = Serving()
    MOVES[first](serving)
    legal = second is Phase.DRAINING

    if legal:
        MOVES[second](serving)
        assert serving.phase is second
    else:
        with pytest.raises(RuntimeError, match=f"cannot become {second}"):
            MOVES[second](serving)


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).status_code == 200


async def _forward(app: Starlette, request: Request) -> Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        answer: httpx.Response = await client.post(
            "http://inner/graphql",
            content=await request.body(),
            headers={"content-type": "application/json"},
        )
    return JSONResponse(json.loads(answer.content))
