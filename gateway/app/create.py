"""Puts the gateway together from its configuration.

The app listens from the start: until the supergraph is there it is alive, not ready, and answers 503.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
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
from gateway.security.authentication import Authenticator
from gateway.security.cors import build_cors
from gateway.security.signing_keys import HttpKeyFetcher, SigningKeys
from gateway.server.direct_path import DirectPath, Shortcut
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

from .hosted_apps import HostedApp
from .life import Life

SERVICE = "gateway"


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
    hosted = _load_hosted_apps(config)
    metrics = Metrics(shared_folder=workers_folder, with_process=bool(hosted))
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
    life = Life(
        config=config,
        origin=origin,
        serving=serving,
        metrics=metrics,
        hosted=hosted,
        keys=keys,
        passthroughs=passthroughs,
        log_lines=log_lines,
        workers_folder=workers_folder,
    )
    cors = build_cors(config.cors)
    path = config.server.path
    app = Starlette(
        routes=routes,
        middleware=[*cors, Middleware(DirectPath, path=path, endpoint=endpoint)],
        exception_handlers={HTTPException: answer_http_exception, Exception: answer_mishap},
        lifespan=life.run,
    )
    app.state.serving = serving
    # Starlette builds its stack at the first request; a mistake in it should show now.
    stack = app.build_middleware_stack()
    # CORS has to see every answer.
    app.middleware_stack = stack if cors else Shortcut(stack, path, endpoint, answer_mishap)
    return app


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
