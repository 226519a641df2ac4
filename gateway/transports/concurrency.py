"""How many requests one subgraph works on at once, and how many may wait for their turn."""

from __future__ import annotations

import asyncio
from collections import deque

from .exchange import DeadlinePassed


class QueueFull(Exception):
    """As many wait as may."""


class Slots:
    """Places for requests in flight, given out in the order they are asked for. Belongs to one event loop.

    Args:
        count: how many places there are.
        max_waiting: how many may wait for one.
    """

    __slots__ = ("_free", "_max_waiting", "_waiting")

    def __init__(self, count: int, *, max_waiting: int) -> None:
        self._free = count
        self._max_waiting = max_waiting
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def take(self) -> bool:
        """Take a place if one is free. Whoever has one calls ``give_back`` exactly once."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    async def wait(self, *, deadline: float) -> None:
        """Wait for a place and take it.

        Raises:
            QueueFull: there are too many before this one.
            DeadlinePassed: no place has become free by then.
        """
        if len(self._waiting) >= self._max_waiting:
            raise QueueFull
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.give_back()  # the place came in the same moment: it is the next one's
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise DeadlinePassed from error
            raise

    def give_back(self) -> None:
        """Hand the place to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
