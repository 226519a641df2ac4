"""A cache that forgets what was used longest ago, and the rule that equal work in flight is done once."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Keeps entries up to a number and up to a weight; belongs to one event loop.

    Args:
        max_entries: how many entries are kept.
        max_weight: what they may weigh together; an entry heavier than a tenth of it is not kept,
            so that one client's giants cannot push everybody's entries out.
    """

    def __init__(self, max_entries: int, *, max_weight: int = 32_000_000) -> None:
        self._max_entries = max_entries
        self._max_weight = max_weight
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def peek(self, key: K) -> bool:
        """Whether ``key`` is kept, without counting as a use."""
        return key in self._entries

    def most_used(self, count: int) -> list[K]:
        """Return the keys of the entries used last, the last one first."""
        return list(islice(reversed(self._entries), count))

    def get(self, key: K) -> V | None:
        """Return the value under ``key``, which counts as a use."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, *, weight: int = 1) -> None:
        """Keep ``value`` under ``key``, and forget what no longer fits."""
        if weight * 10 > self._max_weight:
            return
        previous = self._entries.pop(key, None)
        if previous is not None:
            self._weight -= previous[1]
        self._entries[key] = (value, weight)
        self._weight += weight
        while len(self._entries) > self._max_entries or self._weight > self._max_weight:
            _, (_, freed) = self._entries.popitem(last=False)
            self._weight -= freed


class CountingLruCache(LruCache[K, V]):
    """The same, and it knows what was used most."""

    def __init__(self, max_entries: int, *, max_weight: int = 32_000_000) -> None:
        super().__init__(max_entries, max_weight=max_weight)
        self._uses: Counter[K] = Counter()

    def get(self, key: K) -> V | None:
        """Return the value under ``key``, which counts as a use."""
        value = super().get(key)
        if value is not None:
            self._uses[key] += 1
        return value

    def put(self, key: K, value: V, *, weight: int = 1) -> None:
        """Keep ``value`` under ``key``, and forget what no longer fits."""
        super().put(key, value, weight=weight)
        # What was forgotten is dropped from the counts now and then, in the place of at each turn.
        if len(self._uses) > 2 * self._max_entries:
            self._uses = Counter({one: self._uses[one] for one in self._entries})

    def most_used(self, count: int) -> list[K]:
        """Return the keys of the entries used most; of those used as often, the one used last comes first."""
        by_recency = super().most_used(len(self))
        return sorted(by_recency, key=lambda key: -self._uses[key])[:count]


class SingleFlight(Generic[K, V]):
    """Lets everybody who asks for the same thing at the same time wait for one answer."""

    def __init__(self) -> None:
        self._flights: dict[K, asyncio.Future[V]] = {}

    async def run(self, key: K, work: Callable[[], Awaitable[V]]) -> V:
        """Return what ``work`` returns, or what it returns to whoever asked for ``key`` before.

        A caller that is cancelled leaves the work to the others.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(work())
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        try:
            return await asyncio.shield(flight)
        finally:
            # An error would hold on to this frame, and by it to itself, and to all that asked for it.
            del flight

    def disperse(self) -> None:
        """Let nobody join the work in flight any more; those who wait for it still get it."""
        self._flights.clear()

    def _land(self, key: K, flight: asyncio.Future[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            # When every caller was cancelled, nobody is left to hear of an error.
            flight.exception()
