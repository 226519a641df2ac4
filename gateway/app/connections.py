"""The ways to subgraphs that a configuration asks for, and their common end."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from gateway.config.load import IN_PROCESS_SCHEME
from gateway.config.settings import (
    GatewayConfig,
    SchemaFromSubgraph,
    SubgraphConfig,
    SubgraphTraffic,
    TlsConfig,
)
from gateway.config.traffic import refuse_unknown_subgraphs
from gateway.errors import ConfigInvalid
from gateway.telemetry.metrics import Metrics
from gateway.transports.base import Transport
from gateway.transports.circuit_breaker import CircuitPolicy, CircuitState
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.in_process import InProcessTransport
from gateway.transports.retry import RetryPolicy
from gateway.transports.tls import build_tls
from shared.logging import get_logger

from .hosted_apps import HostedApp

_LEVELS = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}

_log = get_logger(__name__)


class Connections:
    """Makes transports over one pool of connections.

    Args:
        config: how subgraphs are called.
        hosted: the subgraphs of this process, by name.
        metrics: told of retries, joined calls and circuit breakers.
    """

    def __init__(
        self,
        config: GatewayConfig,
        hosted: dict[str, HostedApp],
        *,
        metrics: Metrics | None = None,
    ) -> None:
        self._traffic = config.traffic
        self._headers = config.headers
        self._hosted = hosted
        self._metrics = metrics
        self._pool = HttpPool()
        self._tls: dict[tuple[TlsConfig, bool], ssl.SSLContext] = {}

    def refuse_settings_of_others(self, names: Iterable[str]) -> None:
        """Refuse settings for subgraphs that the supergraph does not have.

        Raises:
            ConfigInvalid: there are some.
        """
        known = list(names)
        for section, own in (
            ("traffic", self._traffic.subgraphs),
            ("headers", self._headers.subgraphs),
        ):
            given = [name for name, _ in own]
            refuse_unknown_subgraphs(given, known, where=f"gateway.{section}.subgraphs")

    def open(self, url: str, subgraph: str) -> Transport:
        """Return the way to ``subgraph``, which is at ``url``.

        Raises:
            ConfigInvalid: ``url`` is no address, or of a subgraph in this process, and there is none.
        """
        traffic = self._traffic.of(subgraph)
        if url.startswith(IN_PROCESS_SCHEME):
            return self._open_in_process(url, traffic)
        return self._open_http(url, self._options(url, traffic), subgraph)
        self._errors = config.errors

    def open_for_schema(self, subgraph: SubgraphConfig) -> Transport:
        """Return the way to ask ``subgraph`` for its SDL: without retries, which its caller does."""
        assert isinstance(subgraph.schema, SchemaFromSubgraph)  # noqa: S101 - only these are asked
        url = subgraph.schema.url
        traffic = self._traffic.of(subgraph.name)
        if url.startswith(IN_PROCESS_SCHEME):
            return self._open_in_process(url, traffic)
        options = HttpOptions(
            timeout_seconds=min(5.0, traffic.timeout_seconds),
            connect_timeout_seconds=min(2.0, traffic.connect_timeout_seconds),
            retry=RetryPolicy(max_retries=0),
            tls=self._tls_for(url, traffic.tls),
            http2_tls=self._tls_for(url, traffic.tls, http2=True) if traffic.http2 else None,
            server_name=traffic.tls.server_name,
            ("errors", self._errors.subgraphs),
            http2=traffic.http2,
        )
        return self._open_http(url, options, subgraph.name)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    def _open_in_process(self, url: str, traffic: SubgraphTraffic) -> InProcessTransport:
        name = url.removeprefix(IN_PROCESS_SCHEME)
        app = self._hosted.get(name)
        if app is None:
            raise ConfigInvalid(f"{url}: no subgraph {name!r} runs in this process.")
        return InProcessTransport(
            app.app,
            state=app.state,
            timeout_seconds=traffic.timeout_seconds,
            max_response_bytes=traffic.max_response_bytes,
        )

    def _open_http(self, url: str, options: HttpOptions, subgraph: str) -> HttpTransport:
        try:
            return HttpTransport(
                url, self._pool, options, listener=_Reporter(subgraph, self._metrics)
            )
        except ValueError as error:
            raise ConfigInvalid(f"The address of subgraph {subgraph!r}: {error}") from error

    def _options(self, url: str, traffic: SubgraphTraffic) -> HttpOptions:
        return HttpOptions(
            timeout_seconds=traffic.timeout_seconds,
            connect_timeout_seconds=traffic.connect_timeout_seconds,
            keep_alive_seconds=traffic.keep_alive_seconds,
            max_concurrency=traffic.max_concurrency,
            max_waiting=traffic.max_waiting,
            max_response_bytes=traffic.max_response_bytes,
            retry=RetryPolicy(
                max_retries=traffic.max_retries,
                budget_ratio=traffic.retry_percent / 100,
                budget_per_second=traffic.retries_per_second,
            ),
            circuit=CircuitPolicy() if traffic.circuit_breaker else None,
            tls=self._tls_for(url, traffic.tls),
            http2_tls=self._tls_for(url, traffic.tls, http2=True) if traffic.http2 else None,
            server_name=traffic.tls.server_name,
            coalesce=traffic.coalesce_calls,
            persisted_queries=traffic.apq,
            compress_min_bytes=traffic.compress_min_bytes,
            http2=traffic.http2,
        )

    def _tls_for(self, url: str, tls: TlsConfig, *, http2: bool = False) -> ssl.SSLContext | None:
        """Return the context for an address; reading what the system trusts takes milliseconds, so it is shared."""
        if not url.startswith("https:"):
            return None
        context = self._tls.get((tls, http2))
        if context is None:
            context = self._tls[tls, http2] = build_tls(
                ca_file=tls.ca_file,
                certificate_file=tls.certificate_file,
                key_file=tls.key_file,
                http2=http2,
            )
        return context


class _Reporter:
    """Tells log and metrics what becomes of calls to one subgraph."""

    def __init__(self, subgraph: str, metrics: Metrics | None) -> None:
        self._subgraph = subgraph
        self._metrics = metrics

    def circuit_changed(self, state: CircuitState) -> None:
        """Write one line per change, in the place of one per refused call."""
        write = _log.info if state is CircuitState.CLOSED else _log.warning
        write("subgraph circuit changed", subgraph=self._subgraph, state=state.value)
        if self._metrics is not None:
            self._metrics.circuit_changed(self._subgraph, level=_LEVELS[state])

    def retried(self) -> None:
        """Count."""
        if self._metrics is not None:
            self._metrics.call_retried(self._subgraph)

    def joined(self) -> None:
        """Count."""
        if self._metrics is not None:
            self._metrics.call_joined(self._subgraph)
