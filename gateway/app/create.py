"""Puts the gateway together from its configuration.

The app listens from the start: until the supergraph is there it is alive, not ready, and answers 503.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from gateway.config import ConfigOrigin
from gateway.config.settings import (
    ComposedSource,
    GatewayConfig,
    IdentityConfig,
    LogFormat,
    RequestLogging,
)
from gateway.errors import GatewayError
from gateway.security.authentication import Authenticator
from gateway.security.cors import build_cors
from gateway.security.signing_keys import HttpKeyFetcher, SigningKeys
from gateway.server.direct_path import DirectPath
from gateway.server.graphql_http import GraphQLEndpoint, Observers
from gateway.server.health import Health
from gateway.server.metrics_page import MetricsPage
from gateway.server.passthrough import METHODS, Passthrough
from gateway.server.refusals import answer_http_exception, answer_mishap
from gateway.server.serving import Serving
from gateway.telemetry.line_buffer import LineBuffer
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_log import RequestLog
from shared.clock import VirtualClock
from shared.local_apps import open_http_client
from shared.logging import get_logger

from .connections import Connections
from .follow import Follower
from .hosted_apps import HostedApp, start_all
from .reload import Reloader, Surroundings

SERVICE = "gateway"

_FIRST_WAIT_SECONDS = 1.0
"""How long start-up waits for the supergraph before the app begins to listen without it."""

_FOLD_SECONDS = 1.0
"""How far what one worker shows of the others may be behind."""

_log = get_logger(__name__)


def create_app(
    config: GatewayConfig,
    *,
    origin: ConfigOrigin | None = None,
    workers_folder: Path | None = None,
) -> Starlette:
    """Return the gateway as an ASGI app; ``app.state.serving`` says where it stands.

    Args:
        config: what it is told.
        origin: where that came from, to be read again at a reload.
        workers_folder: where several worker processes keep what they share: metrics, schemas, the last good supergraph.

    Raises:
        ConfigInvalid: a subgraph that is to run in this process cannot be made.
    """
    serving = Serving()
    metrics = Metrics(shared_folder=workers_folder)
    hosted = _load_hosted_apps(config)
    keys, authenticator = _build_authentication(config)
    passthroughs = _build_passthroughs(config)
    log_lines = LineBuffer()
    observers = Observers(metrics=metrics, log=_build_request_log(config, log_lines))
    health = Health(serving)
    endpoint = GraphQLEndpoint(serving, config, authenticator, observers)
    routes = [
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
    ]
    if config.telemetry.metrics:
        routes.append(Route("/metrics", MetricsPage(metrics).show))
    routes.extend(
        Route(path, passthrough.answer, methods=METHODS)
        for passthrough in passthroughs
        for path in (passthrough.prefix, passthrough.prefix + "/{rest:path}")
    )
    life = _Life(
        config,
        serving,
        metrics,
        hosted,
        origin=origin,
        workers_folder=workers_folder,
        keys=keys,
        passthroughs=passthroughs,
        log_lines=log_lines,
    )
    app = Starlette(
        routes=routes,
        middleware=[
            *build_cors(config.cors),
            Middleware(DirectPath, path=config.server.path, endpoint=endpoint),
        ],
        exception_handlers={HTTPException: answer_http_exception, Exception: answer_mishap},
        lifespan=life.run,
    )
    app.state.serving = serving
    # Starlette builds its stack at the first request; a mistake in it should show now.
    app.middleware_stack = app.build_middleware_stack()
    return app


class _Life:
    """From start to stop: what is opened here is closed here, in reverse."""

    def __init__(
        self,
        config: GatewayConfig,
        serving: Serving,
        metrics: Metrics,
        hosted: dict[str, HostedApp],
        *,
        origin: ConfigOrigin | None,
        workers_folder: Path | None,
        keys: SigningKeys | None,
        passthroughs: list[Passthrough],
        log_lines: LineBuffer,
    ) -> None:
        self._config = config
        self._serving = serving
        self._metrics = metrics
        self._hosted = hosted
        self._origin = origin
        self._workers_folder = workers_folder
        self._keys = keys
        self._passthroughs = passthroughs
        self._log_lines = log_lines

    @asynccontextmanager
    async def run(self, _app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(self._log_lines.flush)
            if self._workers_folder is not None:
                stack.callback(self._metrics.fold)
                folding = asyncio.create_task(_fold_regularly(self._metrics))
                stack.push_async_callback(_cancel, folding)
            if self._keys is not None:
                stack.push_async_callback(self._keys.close)
            for passthrough in self._passthroughs:
                stack.push_async_callback(passthrough.close)
            for app in self._hosted.values():
                stack.push_async_callback(app.stop)
            connections = Connections(self._config, self._hosted, metrics=self._metrics)
            stack.push_async_callback(connections.close)
            planner_thread = ThreadPoolExecutor(1, thread_name_prefix="planner")
            stack.callback(partial(planner_thread.shutdown, wait=False, cancel_futures=True))
            around = Surroundings(
                serving=self._serving,
                metrics=self._metrics,
                connections=connections,
                planner_thread=planner_thread,
                folder=self._workers_folder,
            )
            reloader = Reloader(self._config, self._origin, around)
            stack.push_async_callback(reloader.close)
            follower = Follower(reloader, self._config.watch, self._serving.reload_asked)
            loading = asyncio.create_task(self._load(reloader, follower))
            stack.push_async_callback(_cancel, loading)
            await asyncio.wait({loading}, timeout=_FIRST_WAIT_SECONDS)
            if self._serving.failure is not None and not self._serving.is_watched:
                raise self._serving.failure
            if loading.done():
                loading.result()
            following = asyncio.create_task(self._follow(loading, follower))
            stack.push_async_callback(_cancel, following)
            yield

    async def _load(self, reloader: Reloader, follower: Follower) -> None:
        try:
            await start_all(list(self._hosted.values()))
        except GatewayError as error:
            _log.error("gateway cannot start", code=error.code, reason=str(error))
            self._serving.fail(error)
            return
        await follower.begin()
        await reloader.load_first()

    async def _follow(self, loading: asyncio.Task[None], follower: Follower) -> None:
        await loading
        if self._serving.failure is None:
            await follower.run()


async def _fold_regularly(metrics: Metrics) -> None:
    while True:
        await asyncio.sleep(_FOLD_SECONDS)
        metrics.fold()


def _load_hosted_apps(config: GatewayConfig) -> dict[str, HostedApp]:
    if not isinstance(config.source, ComposedSource):
        return {}
    return {
        subgraph.name: HostedApp.load(subgraph)
        for subgraph in config.source.subgraphs
        if subgraph.in_process is not None
    }


def _build_authentication(
    config: GatewayConfig,
) -> tuple[SigningKeys | None, Authenticator | None]:
    identity = config.identity
    if identity is None:
        return None, None
    keys = SigningKeys(
        _build_key_fetcher(identity),
        max_age_seconds=identity.keys_max_age_seconds,
        retry_seconds=identity.unknown_key_seconds,
    )
    authenticator = Authenticator(
        identity, keys, cache_size=config.caches.tokens, now=_build_now(config)
    )
    return keys, authenticator


def _build_now(config: GatewayConfig) -> Callable[[], float]:
    if config.clock_file is None:
        return time.time
    clock = VirtualClock(config.clock_file)
    return lambda: clock.now().timestamp()


def _build_passthroughs(config: GatewayConfig) -> list[Passthrough]:
    timeout = config.traffic.timeout_seconds
    return [
        Passthrough(
            route,
            partial(open_http_client, timeout=timedelta(seconds=timeout)),
            max_body_bytes=config.limits.max_body_bytes,
            timeout_seconds=timeout,
        )
        for route in config.passthrough
    ]


def _build_key_fetcher(identity: IdentityConfig) -> HttpKeyFetcher:
    timeout = timedelta(seconds=identity.fetch_timeout_seconds)
    return HttpKeyFetcher(partial(open_http_client, timeout=timeout), identity.jwks_url)


def _build_request_log(config: GatewayConfig, lines: LineBuffer) -> RequestLog | None:
    telemetry = config.telemetry
    if telemetry.log_requests is RequestLogging.NONE:
        return None
    as_json = telemetry.log_format is LogFormat.JSON or (
        telemetry.log_format is LogFormat.AUTO and not sys.stderr.isatty()
    )
    return RequestLog(
        as_json=as_json,
        service=SERVICE,
        errors_only=telemetry.log_requests is RequestLogging.ERRORS,
        write=lines.write,
    )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
