"""Pipelines that follow each other: requests finish on the one they began on, and then its connections are closed.

Nothing counts requests. Whatever may still send to a subgraph holds on to the pipeline's transports, so that the
interpreter knows when the last one is done; what it does not notice in time ends with the time to drain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import finalize

from shared.logging import get_logger

from .connections import Connections, TransportSet, Way

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Draining:
    """What was replaced, and is still in use."""

    ways: Mapping[str, Way]
    last_use: finalize[..., TransportSet]
    timer: asyncio.TimerHandle


class Generations:
    """Lets go of pipelines that were replaced. Belongs to the event loop it is made in.

    Args:
        connections: closes what nobody uses any more.
        drain_seconds: how long requests on a replaced pipeline may take.
        on_gone: called after each pipeline that was let go of.
    """

    def __init__(
        self, connections: Connections, *, drain_seconds: float, on_gone: Callable[[], None]
    ) -> None:
        self._connections = connections
        self._drain_seconds = drain_seconds
        self._on_gone = on_gone
        self._loop = asyncio.get_running_loop()
        self._draining: dict[object, _Draining] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def retire(self, transports: TransportSet) -> None:
        """Close these ways as soon as nobody holds on to them, which the caller must not do either."""
        token = object()
        last_use = finalize(transports, self._note_last_use, token)
        last_use.atexit = False
        timer = self._loop.call_later(self._drain_seconds, self._give_up, token)
        self._draining[token] = _Draining(transports.ways, last_use, timer)

    async def close(self) -> None:
        """Stop waiting; the connections end with all others."""
        for draining in self._draining.values():
            draining.last_use.detach()
            draining.timer.cancel()
        self._draining.clear()
        if self._closing:
            await asyncio.wait(self._closing)

    def _note_last_use(self, token: object) -> None:
        """Called in whatever thread has found out."""
        try:
            self._loop.call_soon_threadsafe(self._let_go, token)
        except RuntimeError:
            return  # the loop is closed, and the connections with it

    def _give_up(self, token: object) -> None:
        _log.info("replaced supergraph is closed for good", after_seconds=self._drain_seconds)
        self._let_go(token)

    def _let_go(self, token: object) -> None:
        draining = self._draining.pop(token, None)
        if draining is None:
            return
        draining.last_use.detach()
        draining.timer.cancel()
        closing = asyncio.create_task(self._connections.close_set(draining.ways))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._on_gone()
