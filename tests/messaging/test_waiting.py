from __future__ import annotations

import asyncio

from messaging.waiting import cancel_surely
from tests.support.waiting import DEADLINE_SECONDS


async def test_a_task_that_misses_its_cancellation_is_told_again() -> None:
    told = 0

    async def retry_for_ever() -> None:
        nonlocal told
        while told < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told += 1

    task = asyncio.create_task(retry_for_ever())
    await asyncio.sleep(0)

    async with asyncio.timeout(DEADLINE_SECONDS):
        await cancel_surely(task)

    assert task.done()
    assert told == 3


async def test_what_a_task_failed_with_on_its_way_out_is_not_raised() -> None:
    async def fail_when_told() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as told:
            raise OSError("the connection broke just then") from told

    task = asyncio.create_task(fail_when_told())
    await asyncio.sleep(0)

    await cancel_surely(task)

    assert isinstance(task.exception(), OSError)


async def test_a_task_that_has_ended_is_left_as_it_is() -> None:
    task = asyncio.create_task(asyncio.sleep(0, result="done"))
    await task

    await cancel_surely(task)

    assert task.result() == "done"
