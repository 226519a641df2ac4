"""Work beside the loop: its outcome comes back, nobody has to wait for it, and the process is as it was before."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading

import pytest

from gateway.app.background import compute_in_background, run_in_background
from tests.support.waiting import DEADLINE_SECONDS


async def test_what_is_returned_or_raised_comes_back() -> None:
    def fail() -> int:
        raise ValueError("no")

    assert await run_in_background(lambda: 1) == 1
    with pytest.raises(ValueError, match="no"):
        await run_in_background(fail)


async def test_who_is_cancelled_does_not_wait() -> None:
    go_on, is_done = threading.Event(), threading.Event()

    def work() -> None:
        go_on.wait(DEADLINE_SECONDS)
        is_done.set()

    waiting = asyncio.create_task(run_in_background(work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    was_done = is_done.is_set()
    go_on.set()

    assert not was_done
    assert await asyncio.to_thread(is_done.wait, DEADLINE_SECONDS)


def test_a_loop_that_is_closed_misses_nothing() -> None:
    go_on, threads = threading.Event(), []

    def work() -> None:
        threads.append(threading.current_thread())
        go_on.wait(DEADLINE_SECONDS)

    async def leave() -> None:
        asyncio.get_running_loop().create_task(run_in_background(work))
        while not threads:  # noqa: ASYNC110 - a thread offers no event
            await asyncio.sleep(0.001)

    asyncio.run(leave())
    go_on.set()
    threads[0].join(DEADLINE_SECONDS)

    assert not threads[0].is_alive()


async def test_long_computations_give_way_and_leave_no_trace() -> None:
    await given_up_computations()
    before = sys.getswitchinterval(), gc.isenabled()
    both = threading.Barrier(2, timeout=DEADLINE_SECONDS)

    def compute() -> tuple[float, bool]:
        both.wait()
        return sys.getswitchinterval(), gc.isenabled()

    during = await asyncio.gather(compute_in_background(compute), compute_in_background(compute))

    assert all(interval < before[0] and not collects for interval, collects in during)
    assert (sys.getswitchinterval(), gc.isenabled()) == before


async def given_up_computations() -> None:
    """Wait for what other tests have begun and not waited for: its traces are all over the process."""
    for thread in threading.enumerate():
        if thread.name == "background":
            await asyncio.to_thread(thread.join, DEADLINE_SECONDS)
