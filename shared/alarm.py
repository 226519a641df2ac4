"""A time limit for a block of code: what ``asyncio.timeout`` does, at a third of its price.

For what happens several times per request, and is nearly always done in time.
"""

from __future__ import annotations

import asyncio
from types import TracebackType


class Alarm:
    """Context manager whose block raises ``TimeoutError`` when it is not done in time.

    Args:
        loop: the running event loop.
        at: when, by the clock of the event loop.
    """

    __slots__ = ("_at", "_cancelling", "_has_rung", "_loop", "_task", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        self._loop = loop
        self._at = at
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._cancelling = 0
        self._has_rung = False

    def __enter__(self) -> None:
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("An alarm has to be set in a task.")
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = self._loop.call_at(self._at, self._ring)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._has_rung and self._task is not None:
            # Only when nobody else has cancelled the task as well: that must not be lost.
            is_ours = self._task.uncancel() <= self._cancelling
            if is_ours and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def _ring(self) -> None:
        if self._task is not None:
            self._has_rung = True
            self._task.cancel()
