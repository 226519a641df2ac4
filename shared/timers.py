"""Work that a service does by itself every so often: deadlines, retries, leases.

The interval is real time; what is due is decided by the service's ``Clock``, so a virtual clock needs no waiting beyond
one interval. A run that fails is logged and the next one comes as planned: the work must be safe to repeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from .logging import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """A piece of work and how often to do it."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]
    wake: asyncio.Event | None = None
    """Set by whoever knows that there is work now, instead of waiting for the next run."""


@asynccontextmanager
async def running_timers(timers: Sequence[Timer]) -> AsyncIterator[None]:
    """Run the timers while the block runs; a run under way when it ends is finished first."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for timer in timers:
            tasks.create_task(_repeat(timer, stop), name=f"timer {timer.name}")
        try:
            yield
        finally:
            stop.set()


async def _repeat(timer: Timer, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if timer.wake is not None:
            # Before the run: what is set while it goes on asks for another one.
            timer.wake.clear()
        try:
            await timer.run()
        except Exception:  # noqa: BLE001  a failed run must not end the ones after it
            _log.exception("timer failed", timer=timer.name)
        await _rest(timer, stop)


async def _rest(timer: Timer, stop: asyncio.Event) -> None:
    """Return when the interval is over, the timer is woken, or it is to stop."""
    signals = [stop] if timer.wake is None else [stop, timer.wake]
    waiting = [asyncio.create_task(signal.wait()) for signal in signals]
    try:
        await asyncio.wait(
            waiting, timeout=timer.every.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in waiting:
            task.cancel()
