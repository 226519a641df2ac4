"""Alarms: a block that is not done in time ends with TimeoutError; other cancellations stay what they are."""

from __future__ import annotations

import asyncio

import pytest

from shared.alarm import Alarm


def alarm_in(seconds: float) -> Alarm:
    loop = asyncio.get_running_loop()
    return Alarm(loop, loop.time() + seconds)


async def test_what_is_not_done_in_time_is_ended() -> None:
    with pytest.raises(TimeoutError), alarm_in(0.01):
        await asyncio.Event().wait()

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_what_is_done_in_time_is_left_alone() -> None:
    with alarm_in(0.01):
        pass
    await asyncio.sleep(0.03)


async def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="mine"), alarm_in(10):
        raise ValueError("mine")


async def test_who_is_cancelled_by_others_stays_cancelled() -> None:
    async def work() -> None:
        with alarm_in(10):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_in_the_same_moment_is_not_lost() -> None:
    async def work() -> None:
        with alarm_in(0):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0)
    loop.call_at(loop.time(), task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_inner_of_two_ends_its_block_only() -> None:
    with alarm_in(10):
        with pytest.raises(TimeoutError), alarm_in(0.01):
            await asyncio.Event().wait()
        await asyncio.sleep(0)
