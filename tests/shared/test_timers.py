from __future__ import annotations

import asyncio
from datetime import timedelta

from shared.timers import Timer, running_timers
from tests.support.waiting import DEADLINE_SECONDS


async def test_a_timer_runs_again_though_a_run_failed() -> None:
    runs = 0
    thrice = asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            thrice.set()
        raise LookupError("this run fails")

    async with running_timers([Timer("test", timedelta(milliseconds=1), run)]):
        async with asyncio.timeout(DEADLINE_SECONDS):
            await thrice.wait()

    assert runs >= 3


async def test_a_run_under_way_is_finished_first() -> None:
    started, finished = asyncio.Event(), False

    async def run() -> None:
        nonlocal finished
        started.set()
        await asyncio.sleep(0.05)
        finished = True

    async with running_timers([Timer("test", timedelta(hours=1), run)]):
        await started.wait()

    assert finished


async def test_a_woken_timer_does_not_wait_for_its_interval() -> None:
    runs = 0
    twice, wake = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            # While a run goes on: what is asked for now is not lost.
            wake.set()
        if runs == 2:
            twice.set()

    async with running_timers([Timer("test", timedelta(hours=1), run, wake)]):
        async with asyncio.timeout(DEADLINE_SECONDS):
            await twice.wait()

    assert runs == 2
