"""Waiting for whichever comes first, and for what is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

_TELL_AGAIN_SECONDS = 0.5


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when one of the waits returns, having cancelled the others.

    Raises:
        Exception: whatever the first one raised.
    """
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()


async def cancel_surely(task: asyncio.Future[Any]) -> None:
    """Cancel ``task`` and return when it has ended, whatever it ended with.

    A cancellation can get lost: before Python 3.12 ``asyncio.wait_for`` drops one that arrives together with what it
    waits for, and a library that retries for ever then never hears of it. So it is told again.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_TELL_AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()
