"""A gateway over files and living subgraphs, and what a test wants to know of its reloads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gateway.config import ConfigOrigin
from gateway.server.serving import Serving
from tests.support.gateway import RunningGateway, running
from tests.support.living_subgraph import LivingSubgraph
from tests.support.serving import serving_http
from tests.support.waiting import until


@dataclass(frozen=True)
class Reloading:
    """A gateway that reloads."""

    gateway: RunningGateway
    config_file: Path

    @property
    def serving(self) -> Serving:
        serving: Serving = self.gateway.app.state.serving
        return serving

    @property
    def id(self) -> str:
        """Which supergraph is served."""
        assert self.serving.supergraph is not None
        return self.serving.supergraph.id

    async def data(self, query: str) -> object:
        """The data of an answer, or its errors."""
        answer = (await self.gateway.post(query)).json()
        return answer.get("errors") or answer["data"]

    async def health(self) -> dict[str, Any]:
        """What readiness says of the supergraph."""
        response = await self.gateway.client.get("/health/ready")
        assert (response.status_code, response.json()["status"]) == (200, "UP")
        found: dict[str, Any] = response.json()["supergraph"]
        return found

    async def metric(self, name: str) -> float:
        """The value of a series, 0 when there is none."""
        text = (await self.gateway.client.get("/metrics")).text
        for line in text.splitlines():
            if line.startswith(f"cattery_gateway_{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    async def outcomes(self) -> dict[str, float]:
        """How many reloads went how."""
        return {
            outcome: await self.metric(f'supergraph_reloads_total{{outcome="{outcome}"}}')
            for outcome in ("swapped", "unchanged", "failed")
        }

    async def reload(self) -> None:
        """Ask for a reload and wait until it is over."""
        before = sum((await self.outcomes()).values())
        self.serving.reload_asked.set()

        async def is_over() -> bool:
            return sum((await self.outcomes()).values()) > before

        await until(is_over)

    async def swapped(self, before: str) -> None:
        """Wait until another supergraph is served than the one with the id ``before``."""

        async def is_another() -> bool:
            return self.id != before

        await until(is_another)

    def write_config(self, subgraphs: Mapping[str, object], **settings: object) -> None:
        """Change the configuration."""
        write_config(self.config_file, subgraphs, **settings)


def write_config(path: Path, subgraphs: Mapping[str, object], **settings: object) -> None:
    """Write a supergraph.yaml."""
    settings = {"telemetry": {"log_requests": "none"}, **settings}
    path.write_text(yaml.safe_dump({"subgraphs": dict(subgraphs), "gateway": settings}))


@asynccontextmanager
async def living(*subgraphs: LivingSubgraph) -> AsyncIterator[list[str]]:
    """Serve subgraphs; yields their URLs."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(serving_http(subgraph)) + "/graphql"
            for subgraph in subgraphs
        ]


@asynccontextmanager
async def reloading(
    config_file: Path, *, workers_folder: Path | None = None, **origin: Any
) -> AsyncIterator[Reloading]:
    """Start a gateway on a configuration that can be read again."""
    found = ConfigOrigin(config=config_file, **origin)
    async with running(found.load(), origin=found, workers_folder=workers_folder) as gateway:
        yield Reloading(gateway, config_file)
