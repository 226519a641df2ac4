"""SIGHUP: a service is asked to look at its sources again; a program whose terminal was closed is to end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType


class HangUp:
    """Takes the signal and says what it means. Only the main thread can make one.

    Args:
        on_reload: the sources are to be looked at.
        on_end: the terminal that the program belongs to is gone.
    """

    def __init__(self, *, on_reload: Callable[[], None], on_end: Callable[[], None]) -> None:
        self._on_reload = on_reload
        self._on_end = on_end
        self._had_terminal = _has_terminal()
        signal.signal(signal.SIGHUP, self._take)
        # A worker is born with the signal held back, so that none is lost or fatal before this point.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if self._had_terminal and not _has_terminal():
            self._on_end()
        else:
            self._on_reload()


def _has_terminal() -> bool:
    """Whether standard input is a terminal that is still there: one that was closed knows no processes any more."""
    try:
        os.tcgetpgrp(sys.__stdin__.fileno() if sys.__stdin__ is not None else 0)
    except (OSError, ValueError):
        return False
    return True
