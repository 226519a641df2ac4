"""The ways to subgraphs that a configuration asks for, and their common end.

A supergraph has a set of them. What is the same in the next set goes on in it: connections that are up, and what is
known of how the subgraph fares.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.config.settings import (
    GatewayConfig,
    SchemaFromSubgraph,
    SubgraphConfig,
    SubgraphTraffic,
    TlsConfig,
    TrafficConfig,
)
from gateway.config.sources import IN_PROCESS_SCHEME
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


class TransportSet(dict[str, Transport]):
    """The ways of one supergraph, by subgraph. Whoever may still send holds on to the whole set."""

    def __init__(self, ways: Mapping[str, Way]) -> None:
        super().__init__({name: way.transport for name, way in ways.items()})
        self.ways = ways


@dataclass(slots=True, eq=False)
class Way:
    """A transport, and what it was made for."""

    url: str
    traffic: SubgraphTraffic
    tls_files: tuple[object, ...]
    transport: Transport
    sets: int = 0
    """How many sets it is in."""

    def is_for(self, url: str, traffic: SubgraphTraffic) -> bool:
        """Whether it would be made the same way again."""
        return (self.url, self.traffic, self.tls_files) == (url, traffic, _stamps_of(traffic.tls))


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
        self._errors = config.errors
        self._hosted = hosted
        self._metrics = metrics
        self._pool = HttpPool()
        self._tls: dict[tuple[TlsConfig, bool, tuple[object, ...]], ssl.SSLContext] = {}

    def refuse_settings_of_others(self, names: Iterable[str], traffic: TrafficConfig) -> None:
        """Refuse settings for subgraphs that the supergraph does not have.

        Raises:
            ConfigInvalid: there are some.
        """
        known = list(names)
        for section, own in (
            ("traffic", traffic.subgraphs),
            ("headers", self._headers.subgraphs),
            ("errors", self._errors.subgraphs),
        ):
            given = [name for name, _ in own]
            refuse_unknown_subgraphs(given, known, where=f"gateway.{section}.subgraphs")

    async def open_set(
        self,
        urls: Mapping[str, str],
        traffic: TrafficConfig,
        *,
        previous: TransportSet | None = None,
    ) -> TransportSet:
        """Return the ways to subgraphs, those of ``previous`` that are the same among them.

        Args:
            urls: by subgraph.
            traffic: how they are called.
            previous: a set that is still open.

        Raises:
            ConfigInvalid: a URL is no address, or of a subgraph in this process, and there is none; a file for TLS
                cannot be used.
        """
        old = {} if previous is None else previous.ways
        ways: dict[str, Way] = {}
        try:
            for name, url in urls.items():
                own = traffic.of(name)
                known = old.get(name)
                if known is not None and known.is_for(url, own):
                    ways[name] = known
                else:
                    tls_files = _stamps_of(own.tls)
                    ways[name] = Way(url, own, tls_files, self._open(url, name, own))
        finally:
            # Also after a mishap, so that those which were just opened can be let go of again.
            for way in ways.values():
                way.sets += 1
            if len(ways) < len(urls):
                await self.close_set(ways)
        return TransportSet(ways)

    async def close_set(self, ways: Mapping[str, Way]) -> None:
        """Let go of the ways of a set, and close those that are in no other."""
        for way in ways.values():
            way.sets -= 1
            if way.sets == 0:
                await way.transport.close()

    def _open(self, url: str, subgraph: str, traffic: SubgraphTraffic) -> Transport:
        if url.startswith(IN_PROCESS_SCHEME):
            return self._open_in_process(url, traffic)
        return self._open_http(url, self._options(url, traffic), subgraph)

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
            raise ConfigInvalid(
                f"{url}: no subgraph {name!r} runs in this process. They are started with the gateway only."
            )
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
        key = (tls, http2, _stamps_of(tls))
        context = self._tls.get(key)
        if context is None:
            context = self._tls[key] = build_tls(
                ca_file=tls.ca_file,
                certificate_file=tls.certificate_file,
                key_file=tls.key_file,
                http2=http2,
            )
        return context


def _stamps_of(tls: TlsConfig) -> tuple[object, ...]:
    """Return what tells the files of ``tls`` from others of the same names: certificates are renewed in their place."""
    stamps: list[object] = []
    for path in (tls.ca_file, tls.certificate_file, tls.key_file):
        if path is not None:
            try:
                found = path.stat()
            except OSError:
                stamps.append(None)
            else:
                stamps.append((found.st_ino, found.st_size, found.st_mtime_ns))
    return tuple(stamps)


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
