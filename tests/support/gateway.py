"""A whole gateway for tests: over the subgraphs of ``shop.py`` in this process, spoken to through ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.config import ConfigOrigin, GatewayConfig, load_config
from gateway.server.serving import Phase, Serving

from .waiting import until

GRAPHQL_JSON = "application/graphql-response+json"


def shop_yaml(**settings: object) -> str:
    """A configuration with both subgraphs in this process, and the gateway's ``settings``."""
    telemetry = {"log_requests": "none", "metrics": True}
    return yaml.safe_dump(
        {
            "subgraphs": {
                "products": {"in_process": "tests.support.shop:create_products"},
                "reviews": {"in_process": "tests.support.shop:create_reviews"},
            },
            "gateway": {"telemetry": telemetry, **settings},
        }
    )


def shop_config(folder: Path, **settings: object) -> GatewayConfig:
    """The same, loaded."""
    path = folder / "supergraph.yaml"
    path.write_text(shop_yaml(**settings))
    return load_config(config=path, environment={})


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that has started, and a client for it."""

    app: Starlette
    client: httpx.AsyncClient

    async def post(
        self,
        query: str,
        *,
        variables: Mapping[str, object] | None = None,
        operation_name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        body: dict[str, Any] = {"query": query}
        if variables is not None:
            body["variables"] = variables
        if operation_name is not None:
            body["operationName"] = operation_name
        return await self.client.post(
            "/graphql", json=body, headers={"accept": GRAPHQL_JSON, **(headers or {})}
        )


@asynccontextmanager
async def running(
    config: GatewayConfig,
    *,
    origin: ConfigOrigin | None = None,
    workers_folder: Path | None = None,
    waits: bool = True,
) -> AsyncIterator[RunningGateway]:
    """Start a gateway and stop it again.

    It begins to listen before it has its supergraph when that takes long; unless ``waits`` is false, it is there.
    """
    app = create_app(config, origin=origin, workers_folder=workers_folder)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        if waits:
            await until(partial(_has_started, app.state.serving))
        yield RunningGateway(app, client)


async def _has_started(serving: Serving) -> bool:
    return serving.phase is not Phase.STARTING


def codes(response: httpx.Response) -> list[str]:
    """The codes of the errors in a response."""
    return [error["extensions"]["code"] for error in response.json()["errors"]]
