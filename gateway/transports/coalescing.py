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
    """One call, and those who wait for its response."""

    __slots__ = ("passengers", "task")

    def __init__(self, task: asyncio.Task[SubgraphResponse]) -> None:
        self.task = task
        self.passengers: list[asyncio.Future[SubgraphResponse]] = []

    def land(self) -> None:
        """Tell all who wait how the call has ended."""
        task = self.task
        # Asked for also when nobody waits any more: otherwise the loop would report it as overlooked.
        error = None if task.cancelled() else task.exception()
        for passenger in self.passengers:
            if passenger.done():
                continue  # it has just been cancelled
            if task.cancelled():
                passenger.cancel()
            elif error is not None:
                passenger.set_exception(error)
            else:
                passenger.set_result(task.result())


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
        key = (request.body, tuple([pair for pair in request.headers if pair[0] not in _TRAIL]))
        flight = self._flights.get(key)
        is_shared = flight is not None
        if flight is None:
            flight = self._start(key, asyncio.create_task(send(request)))
        # Not a shield of the task, which costs as much as the task itself.
        passenger: asyncio.Future[SubgraphResponse] = flight.task.get_loop().create_future()
        flight.passengers.append(passenger)
        try:
            return await passenger, is_shared
        except asyncio.CancelledError:
            flight.passengers.remove(passenger)
            if not flight.passengers and not flight.task.done():
                self._forget(key, flight)
                flight.task.cancel()
                await asyncio.wait({flight.task})
            raise

    def disperse(self) -> None:
        """Let nobody join the calls in flight any more: what they read may have been written since."""
        self._flights.clear()

    def _start(self, key: FlightKey, task: asyncio.Task[SubgraphResponse]) -> _Flight:
        flight = self._flights[key] = _Flight(task)

        def land(_: asyncio.Task[SubgraphResponse]) -> None:
            self._forget(key, flight)
            flight.land()

        task.add_done_callback(land)
        return flight

    def _forget(self, key: FlightKey, flight: _Flight) -> None:
        if self._flights.get(key) is flight:  # not when it was dispersed
            del self._flights[key]
