"""From the start of the app to its stop: what is opened here is closed here, in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette

from gateway.config import ConfigOrigin
from gateway.config.settings import GatewayConfig
from gateway.errors import GatewayError
from gateway.security.signing_keys import SigningKeys
from gateway.server.passthrough import Passthrough
from gateway.server.serving import Serving
from gateway.telemetry.line_buffer import LineBuffer
from gateway.telemetry.metrics import Metrics
from shared.logging import get_logger

from .connections import Connections
from .follow import Follower
from .hosted_apps import HostedApp, start_all
from .reload import Reloader, Surroundings

_FIRST_WAIT_SECONDS = 1.0
"""How long start-up waits for the supergraph before the app begins to listen without it."""

_FOLD_SECONDS = 1.0
"""How far what one worker shows of the others may be behind."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What lives as long as the app."""

    config: GatewayConfig
    origin: ConfigOrigin | None
    """Where it came from, to be read again at a reload."""

    serving: Serving
    metrics: Metrics
    hosted: dict[str, HostedApp]
    """Subgraphs in this process, by name."""

    keys: SigningKeys | None
    passthroughs: list[Passthrough]
    log_lines: LineBuffer
    workers_folder: Path | None
    """What several workers keep for each other; ``None`` for a process on its own."""

    @asynccontextmanager
    async def run(self, _app: Starlette) -> AsyncIterator[None]:
        """Hold everything open for as long as the app runs.

        Raises:
            GatewayError: there is no supergraph to begin with, and nobody watches the phase.
        """
        async with AsyncExitStack() as stack:
            stack.callback(self.log_lines.flush)
            if self.workers_folder is not None:
                stack.callback(self.metrics.fold)
                folding = asyncio.create_task(_fold_regularly(self.metrics))
                stack.push_async_callback(_cancel, folding)
            if self.keys is not None:
                stack.push_async_callback(self.keys.close)
            for passthrough in self.passthroughs:
                stack.push_async_callback(passthrough.close)
            for app in self.hosted.values():
                stack.push_async_callback(app.stop)
            connections = Connections(self.config, self.hosted, metrics=self.metrics)
            stack.push_async_callback(connections.close)
            planner_thread = ThreadPoolExecutor(1, thread_name_prefix="planner")
            stack.callback(partial(planner_thread.shutdown, wait=False, cancel_futures=True))
            around = Surroundings(
                serving=self.serving,
                metrics=self.metrics,
                connections=connections,
                planner_thread=planner_thread,
                folder=self.workers_folder,
            )
            reloader = Reloader(self.config, self.origin, around)
            stack.push_async_callback(reloader.close)
            follower = Follower(reloader, self.config.watch, self.serving.reload_asked)
            loading = asyncio.create_task(self._load(reloader, follower))
            stack.push_async_callback(_cancel, loading)
            await asyncio.wait({loading}, timeout=_FIRST_WAIT_SECONDS)
            if self.serving.failure is not None and not self.serving.is_watched:
                raise self.serving.failure
            if loading.done():
                loading.result()
            following = asyncio.create_task(self._follow(loading, follower))
            stack.push_async_callback(_cancel, following)
            yield

    async def _load(self, reloader: Reloader, follower: Follower) -> None:
        try:
            await start_all(list(self.hosted.values()))
        except GatewayError as error:
            _log.error("gateway cannot start", code=error.code, reason=str(error))
            self.serving.fail(error)
            return
        await follower.begin()
        await reloader.load_first()

    async def _follow(self, loading: asyncio.Task[None], follower: Follower) -> None:
        await loading
        if self.serving.failure is None:
            await follower.run()


async def _fold_regularly(metrics: Metrics) -> None:
    while True:
        await asyncio.sleep(_FOLD_SECONDS)
        metrics.fold()


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
