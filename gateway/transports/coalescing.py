"""Equal queries that are in flight at the same time are sent to the subgraph once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from .base import SubgraphRequest, SubgraphResponse

_TRAIL = frozenset({"x-request-id", "traceparent", "tracestate"})
"""New with every request of a client, and no part of what an answer depends on."""

FlightKey: TypeAlias = tuple[bytes, tuple[tuple[str, str], ...]]


class _Flight:
    """One call, and how many wait for its response."""

    __slots__ = ("passengers", "task")

    def __init__(self, task: asyncio.Task[SubgraphResponse]) -> None:
        self.task = task
        self.passengers = 0


class Flights:
    """The calls to one subgraph that others may join. Belongs to one event loop.

    Two queries are equal when their bodies are, byte for byte, and all headers that go along: who asks is among them.
    """

    def __init__(self) -> None:
        self._flights: dict[FlightKey, _Flight] = {}

    async def join(
        self,
        request: SubgraphRequest,
        send: Callable[[SubgraphRequest], Coroutine[Any, Any, SubgraphResponse]],
    ) -> tuple[SubgraphResponse, bool]:
        """Return the response to ``request``, and whether somebody else's call brought it.

        A waiter that is cancelled leaves the call to the others; the last one takes it along.
        """
        key = (request.body, tuple(pair for pair in request.headers if pair[0] not in _TRAIL))
        flight = self._flights.get(key)
        is_shared = flight is not None
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(send(request)))
            flight.task.add_done_callback(lambda _: self._land(key, flight))
        flight.passengers += 1
        try:
            return await asyncio.shield(flight.task), is_shared
        except asyncio.CancelledError:
            if flight.passengers == 1 and not flight.task.done():
                self._land(key, flight)
                flight.task.cancel()
                await asyncio.wait({flight.task})
            raise
        finally:
            flight.passengers -= 1

    def disperse(self) -> None:
        """Let nobody join the calls in flight any more: what they read may have been written since."""
        self._flights.clear()

    def _land(self, key: FlightKey, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # whoever waits is told; when nobody does, nothing is lost
