"""A pipeline over fake subgraphs, and a planner's thread that counts."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gateway.composition.compose import SubgraphSource, compose
from gateway.config import GatewayConfig
from gateway.pipeline.answer import Answer
from gateway.pipeline.pipeline import Engine, Pipeline
from gateway.pipeline.presence import Presence
from gateway.pipeline.request import Caller, GraphQLRequest
from gateway.supergraph.loader import load_supergraph
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import open_record
from tests.support.fake_transport import FakeTransport, Outcome
from tests.support.gateway import shop_config
from tests.support.shop import PRODUCTS_SDL, REVIEWS_SDL
from tests.support.waiting import DEADLINE_SECONDS

SUPERGRAPH_SDL = compose(
    [
        SubgraphSource("products", "http://products.test", PRODUCTS_SDL),
        SubgraphSource("reviews", "http://reviews.test", REVIEWS_SDL),
    ]
).supergraph_sdl


class CountingThread(ThreadPoolExecutor):
    """The planner's thread, counting what it is given to do."""

    def __init__(self) -> None:
        super().__init__(1)
        self.jobs = 0
        self.hold = threading.Event()
        self.hold.set()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.jobs += 1

        def held() -> Any:
            self.hold.wait(DEADLINE_SECONDS)
            return fn(*args, **kwargs)

        return super().submit(held)


class Setting:
    """A pipeline over fake subgraphs."""

    def __init__(self, config: GatewayConfig, thread: Executor) -> None:
        assert SUPERGRAPH_SDL is not None
        self.gate = asyncio.Event()
        self.gate.set()
        self.answer: Outcome = {"data": {"reviewCount": 4}}
        self.reviews = FakeTransport(lambda _: self.answer, gate=self.gate)
        self.products = FakeTransport(
            lambda _: {"data": {"rename": {"id": "1"}, "products": [{"id": "1"}]}}
        )
        self.transports = {"reviews": self.reviews, "products": self.products}
        engine = Engine(load_supergraph(SUPERGRAPH_SDL), self.transports)
        self.metrics = Metrics()
        self._config = config
        self._thread = thread
        self.pipeline = Pipeline(engine, config, self.metrics, thread)
        self.is_shared = config.traffic.coalesce_queries

    def replace(self) -> Pipeline:
        """Go on with another pipeline over the same subgraphs; returns the one before."""
        assert SUPERGRAPH_SDL is not None
        old = self.pipeline
        engine = Engine(load_supergraph(SUPERGRAPH_SDL), self.transports)
        self.pipeline = Pipeline(engine, self._config, self.metrics, self._thread, predecessor=old)
        return old

    async def ask(
        self,
        query: str,
        variables: Mapping[str, object] | None = None,
        *,
        who: str = "mine",
        caller: Caller | None = None,
    ) -> Answer:
        """The answer to a query of somebody's; ``caller`` for whoever wants to look at it afterwards."""
        caller = caller or self.a_caller(query, variables, who=who)
        return await self.pipeline.answer(
            GraphQLRequest(query=query, variables=variables or {}), caller
        )

    def a_caller(
        self,
        query: str,
        variables: Mapping[str, object] | None = None,
        *,
        who: str = "mine",
        presence: Presence | None = None,
    ) -> Caller:
        headers = (("authorization", who),)
        key = (False, json.dumps([query, variables]).encode(), headers) if self.is_shared else None
        return Caller(
            record=open_record(None, None),
            headers=headers,
            sharing_key=key,
            presence=presence or Presence(),
        )

    def metric(self, name: str) -> float:
        """The value of a counter, by the name on the page."""
        (line,) = [
            line
            for line in self.metrics.render().decode().splitlines()
            if line.startswith(f"{name} ")
        ]
        return float(line.rpartition(" ")[2])


@asynccontextmanager
async def a_setting(
    folder: Path, **settings: object
) -> AsyncIterator[tuple[Setting, CountingThread]]:
    with CountingThread() as thread:
        yield Setting(shop_config(folder, **settings), thread), thread
