"""What of a changed configuration a running gateway takes on, and what waits for its next start."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .headers import shares_cookies
from .settings import ComposedSource, GatewayConfig, SupergraphSource


def take_on(running: GatewayConfig, changed: GatewayConfig) -> tuple[GatewayConfig, list[str]]:
    """Return the configuration to run on from now on, and the paths of the settings that were not taken on.

    Subgraphs, their addresses, override labels, the contract and how subgraphs are called can change while the
    gateway runs. Everything else belongs to what is built once: listeners, workers, caches, keys.
    """
    taken = dataclasses.replace(
        running,
        source=changed.source,
        contract=changed.contract,
        subgraph_urls=changed.subgraph_urls,
        override_labels=changed.override_labels,
        traffic=dataclasses.replace(
            changed.traffic, coalesce_queries=running.traffic.coalesce_queries
        ),
    )
    if shares_cookies(taken.headers, taken.traffic):
        # The changed rules on headers, which may go together with it, are not taken on.
        taken = dataclasses.replace(taken, traffic=running.traffic)
    left = [*_moved_into_process(running.source, changed.source), *_differing(taken, changed, "")]
    return taken, left


def _differing(left: object, right: object, path: str) -> Iterator[str]:
    if left == right:
        return
    if not dataclasses.is_dataclass(left) or type(left) is not type(right):
        yield path
        return
    for field in dataclasses.fields(left):
        below = f"{path}.{field.name}" if path else field.name
        yield from _differing(getattr(left, field.name), getattr(right, field.name), below)


def _moved_into_process(running: SupergraphSource, changed: SupergraphSource) -> Iterator[str]:
    """Name the subgraphs of this process that are now others: apps are started with the gateway only."""
    apps = _apps_of(running)
    for name, app in _apps_of(changed).items():
        if apps.get(name) not in {None, app}:
            yield f"subgraphs.{name}.in_process"


def _apps_of(source: SupergraphSource) -> dict[str, str | None]:
    if not isinstance(source, ComposedSource):
        return {}
    return {subgraph.name: subgraph.in_process for subgraph in source.subgraphs}
