"""Caches stay within their bounds; equal work in flight is done once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.cache import CountingLruCache, LruCache, SingleFlight


def test_what_was_used_longest_ago_is_forgotten() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)

    cache.get("a")
    cache.put("c", 3)

    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)


def test_a_giant_pushes_nobody_out() -> None:
    cache: LruCache[str, int] = LruCache(10, max_weight=100)
    cache.put("small", 1, weight=5)

    cache.put("giant", 2, weight=11)

    assert (cache.get("small"), cache.get("giant")) == (1, None)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10)), max_size=60),
    st.integers(1, 8),
)
def test_neither_number_nor_weight_goes_over_the_bounds(
    entries: list[tuple[int, int]], max_entries: int
) -> None:
    cache: LruCache[int, int] = LruCache(max_entries, max_weight=100)
    weights: dict[int, int] = {}

    for key, weight in entries:
        cache.put(key, key, weight=weight)
        weights[key] = weight
        kept = [one for one in weights if cache.peek(one)]
        assert cache.peek(key)
        assert len(cache) == len(kept) <= max_entries
        assert sum(weights[one] for one in kept) <= 100


async def test_equal_work_in_flight_is_done_once() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    gate = asyncio.Event()
    begun = 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        await gate.wait()
        return begun

    waiting = [asyncio.create_task(flights.run("key", work)) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()

    assert await asyncio.gather(*waiting) == [1] * 5
    assert await flights.run("key", work) == 2


async def test_a_caller_that_is_cancelled_leaves_the_work_to_the_others() -> None:
    flights: SingleFlight[str, str] = SingleFlight()
    gate = asyncio.Event()

    async def work() -> str:
        await gate.wait()
        return "done"

    first = asyncio.create_task(flights.run("key", work))
    second = asyncio.create_task(flights.run("key", work))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait({first})
    gate.set()

    assert first.cancelled()
    assert await second == "done"


async def test_an_error_reaches_everybody_who_waits() -> None:
    flights: SingleFlight[str, str] = SingleFlight()

    async def work() -> str:
        await asyncio.sleep(0)
        raise LookupError("none")

    outcomes = await asyncio.gather(
        *(flights.run("key", work) for _ in range(3)), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [LookupError] * 3


async def test_nobody_joins_work_that_was_dispersed() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    gate = asyncio.Event()
    begun = 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        mine = begun
        await gate.wait()
        return mine

    before = asyncio.create_task(flights.run("key", work))
    await asyncio.sleep(0)
    flights.disperse()
    after = asyncio.create_task(flights.run("key", work))
    await asyncio.sleep(0)
    gate.set()

    assert (await before, await after) == (1, 2)


@pytest.mark.parametrize("times", [1, 3])
async def test_dispersing_what_has_landed_is_harmless(times: int) -> None:
    flights: SingleFlight[str, int] = SingleFlight()

    async def work() -> int:
        return 1

    for _ in range(times):
        flights.disperse()

    assert await flights.run("key", work) == 1


def test_a_counting_cache_knows_what_was_used_most() -> None:
    cache: CountingLruCache[str, int] = CountingLruCache(3)
    for key in "abcd":
        cache.put(key, 1)
    for key in "bcbd":
        cache.get(key)

    assert cache.most_used(10) == ["b", "d", "c"]
    assert cache.most_used(1) == ["b"]


def test_any_cache_knows_what_was_used_last() -> None:
    cache: LruCache[str, int] = LruCache(3)
    for key in "abc":
        cache.put(key, 1)
    cache.get("a")

    assert cache.most_used(2) == ["a", "c"]


def test_a_counting_cache_does_not_count_what_it_has_forgotten_for_ever() -> None:
    cache: CountingLruCache[int, int] = CountingLruCache(2)
    for number in range(100):
        cache.put(number, 1)
        cache.get(number)

    assert len(cache._uses) <= 5
