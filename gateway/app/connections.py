"""The ways to subgraphs that a configuration asks for, and their common end."""

from __future__ import annotations

from gateway.config.load import IN_PROCESS_SCHEME
from gateway.config.settings import GatewayConfig, SchemaFromSubgraph, SubgraphConfig
from gateway.errors import ConfigInvalid
from gateway.transports.base import Transport
from gateway.transports.circuit_breaker import CircuitPolicy
from gateway.transports.http import HttpOptions, HttpPool, HttpTransport
from gateway.transports.in_process import InProcessTransport
from gateway.transports.retry import RetryPolicy

from .hosted_apps import HostedApp


class Connections:
    """Makes transports over one pool of connections.

    Args:
        config: how subgraphs are called.
        hosted: the subgraphs of this process, by name.
    """

    def __init__(self, config: GatewayConfig, hosted: dict[str, HostedApp]) -> None:
        self._traffic = config.traffic
        self._hosted = hosted
        self._pool = HttpPool()
        self._options = HttpOptions(
            timeout_seconds=self._traffic.timeout_seconds,
            connect_timeout_seconds=self._traffic.connect_timeout_seconds,
            max_concurrency=self._traffic.max_concurrency,
            max_response_bytes=self._traffic.max_response_bytes,
            retry=RetryPolicy(max_retries=self._traffic.max_retries),
            circuit=CircuitPolicy() if self._traffic.circuit_breaker else None,
        )

    def open(self, url: str) -> Transport:
        """Return the way to the subgraph at ``url``.

        Raises:
            ConfigInvalid: ``url`` is of a subgraph in this process, and there is none.
        """
        if not url.startswith(IN_PROCESS_SCHEME):
            return HttpTransport(url, self._pool, self._options)
        name = url.removeprefix(IN_PROCESS_SCHEME)
        app = self._hosted.get(name)
        if app is None:
            raise ConfigInvalid(f"{url}: no subgraph {name!r} runs in this process.")
        return InProcessTransport(
            app.app,
            state=app.state,
            timeout_seconds=self._traffic.timeout_seconds,
            max_response_bytes=self._traffic.max_response_bytes,
        )

    def open_for_schema(self, subgraph: SubgraphConfig) -> Transport:
        """Return the way to ask ``subgraph`` for its SDL: without retries, which its caller does."""
        assert isinstance(subgraph.schema, SchemaFromSubgraph)  # noqa: S101 - only these are asked
        url = subgraph.schema.url
        if url.startswith(IN_PROCESS_SCHEME):
            return self.open(url)
        options = HttpOptions(
            timeout_seconds=min(5.0, self._traffic.timeout_seconds),
            connect_timeout_seconds=min(2.0, self._traffic.connect_timeout_seconds),
            retry=RetryPolicy(max_retries=0),
        )
        return HttpTransport(url, self._pool, options)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()
