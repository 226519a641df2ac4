"""An event loop whose clock does not run while the machine keeps the test's process waiting.

A time limit of a tenth of a second must not go off because the process was not scheduled for a second: then what a test
shows would depend on how busy the machine is. On this loop's clock, only two things take time: waiting for a
timer, never longer than it was set for, and computing, as much as this thread has done of it.
"""

from __future__ import annotations

import asyncio
import selectors
import time

_LONGEST_WAIT_SECONDS = 0.05
"""So much time passes when the machine stands still while the loop waits, however long it does: also what others were
about to send us then is not too late."""


class _CountingSelector(selectors.DefaultSelector):
    """Waits a little at a time, and adds up the time that it was asked to wait, and has waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        left = timeout
        while True:
            wait = _LONGEST_WAIT_SECONDS if left is None else min(left, _LONGEST_WAIT_SECONDS)
            started = time.monotonic()
            events = super().select(wait)
            elapsed = time.monotonic() - started
            # What has arrived has come before the timer, however late the process was told of it.
            elapsed = min(elapsed, wait / 2 if events else wait)
            self.waited_seconds += elapsed
            if left is not None:
                left -= elapsed
            if events or (left is not None and left <= 0):
                return events


class PatientEventLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop, but for its clock."""

    def __init__(self) -> None:
        self._counting = _CountingSelector()
        self._began = time.monotonic()
        super().__init__(self._counting)

    def time(self) -> float:
        """Seconds of waiting and computing; never less than before."""
        return self._began + self._counting.waited_seconds + time.thread_time()
