"""Equal queries that are in flight at the same time share one execution, and the bytes of its answer.

Whoever comes first leads: it executes as if it were alone. The others wait for its answer, and cost no more than that.
A leader whose client leaves goes on for them; it ends when the last of them has left as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from weakref import finalize

from .answer import Answer
from .preparation import PreparedOperation
from .presence import Presence
from .request import Caller, SharingKey


class Flight:
    """One execution that others may join."""

    __slots__ = ("_loop", "_presence", "_waiters", "prepared")

    def __init__(
        self, prepared: PreparedOperation, presence: Presence, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.prepared = prepared
        self._loop = loop
        self._presence = presence
        self._waiters: list[asyncio.Future[Answer]] = []

    @property
    def is_joinable(self) -> bool:
        """Whether there will be an answer, as far as is known."""
        return not self._presence.is_given_up

    async def join(self) -> Answer:
        """Return the leader's answer. Cancelled, it leaves the others alone."""
        waiter: asyncio.Future[Answer] = self._loop.create_future()
        self._waiters.append(waiter)
        self._presence.hold()
        try:
            return await waiter
        finally:
            self._presence.release()

    def land(self, answer: Answer) -> None:
        """Hand the answer to all who wait."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(answer)

    def crash(self) -> None:
        """Let go of all who wait: the leader was ended from outside, as everything is when the gateway stops."""
        for waiter in self._waiters:
            waiter.cancel()


class SharedAnswers:
    """The executions in flight that may be joined. Belongs to one event loop.

    Args:
        beside: those of a pipeline that is being replaced: a mutation on either disperses both.
    """

    def __init__(self, beside: SharedAnswers | None = None) -> None:
        self._flights: dict[SharingKey, Flight] = {}
        self._dispersal: _Dispersal = _Dispersal() if beside is None else beside._dispersal
        self._dispersal.add(self._flights)
        self._loop: asyncio.AbstractEventLoop | None = None
        finalize(self, self._dispersal.remove, self._flights).atexit = False

    def find(self, key: SharingKey) -> Flight | None:
        """Return the execution that answers ``key`` at this moment."""
        flight = self._flights.get(key)
        return flight if flight is not None and flight.is_joinable else None

    async def lead(
        self,
        key: SharingKey,
        prepared: PreparedOperation,
        caller: Caller,
        work: Awaitable[Answer],
    ) -> Answer:
        """Do ``work``, which does not raise, for this caller and for all who join it meanwhile."""
        loop = self._loop
        if loop is None:
            # Kept, because asking for it is a system call in CPython 3.11.
            loop = self._loop = asyncio.get_running_loop()
        flight = self._flights[key] = Flight(prepared, caller.presence, loop)
        try:
            answer = await work
        except BaseException:
            flight.crash()
            raise
        else:
            flight.land(answer)
            return answer
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def disperse(self) -> None:
        """Let nobody join what is in flight: it may have read what a mutation has written since."""
        for flights in self._dispersal.of:
            flights.clear()


class _Dispersal:
    """What a mutation disperses: the flights of all pipelines that are in use. One, but for a while after a reload."""

    def __init__(self) -> None:
        self.of: tuple[dict[SharingKey, Flight], ...] = ()

    def add(self, flights: dict[SharingKey, Flight]) -> None:
        self.of += (flights,)

    def remove(self, flights: dict[SharingKey, Flight]) -> None:
        self.of = tuple(other for other in self.of if other is not flights)
