"""Work beside the event loop, in a thread that nobody has to wait for: when the process ends, it ends, too.

Threads of an executor are waited for at exit, which would hold up a shutdown for as long as composing takes.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from gateway.server.settled_memory import MEMORY

T = TypeVar("T")

_SWITCH_SECONDS = 0.0005


async def run_in_background(work: Callable[[], T]) -> T:
    """Return what ``work`` returns or raise what it raises. Cancelled, the work goes on and its outcome is dropped."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if outcome.cancelled():
            return
        if error is not None:
            outcome.set_exception(error)
        else:
            outcome.set_result(result)  # type: ignore[arg-type] # without an error, it is a T

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - whatever it is, it is raised where it is waited for
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            # The loop is closed: the gateway has stopped, and nobody waits for this any more.
            return

    threading.Thread(target=run, name="background", daemon=True).start()
    return await outcome


async def compute_in_background(work: Callable[[], T]) -> T:
    """The same for long computations, in a way that the event loop hardly notices."""

    def considerate() -> T:
        with long_computation():
            return work()

    return await run_in_background(considerate)


@contextmanager
def long_computation() -> Iterator[None]:
    """Compute inside of it what makes much and drops little: the collector would take a third of the time."""
    with _CONSIDERATION.shown():
        yield


class _Consideration:
    """Lets the event loop take over fast, and keeps the collector from stopping it.

    By default a thread that computes gives way after 5 ms each time the loop wakes up, and what it allocates makes the
    collector look through everything, again and again, while nobody else can run. See docs/decisions for numbers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._switch_seconds = 0.0
        self._collects = False

    @contextmanager
    def shown(self) -> Iterator[None]:
        with self._lock:
            self._count += 1
            if self._count == 1:
                self._switch_seconds, self._collects = sys.getswitchinterval(), gc.isenabled()
                sys.setswitchinterval(min(_SWITCH_SECONDS, self._switch_seconds))
                gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if self._count == 0:
                    sys.setswitchinterval(self._switch_seconds)
                    if self._collects:
                        # Else the collector looked through all that was made at once: half a second for 1 MB of SDL.
                        MEMORY.set_aside()
                        gc.enable()


_CONSIDERATION = _Consideration()
