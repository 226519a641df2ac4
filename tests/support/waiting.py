"""Waits for a condition, never longer than a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

DEADLINE_SECONDS = 60.0
DEADLINE = timedelta(seconds=DEADLINE_SECONDS)
"""What must happen happens in this time, on whatever machine. Only a test that fails waits so long."""


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return when ``holds`` does; for conditions of other processes, which offer no event."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
