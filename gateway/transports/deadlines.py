"""Deadlines of many exchanges, kept by one timer.

A timer per exchange would be set and cancelled for each; this one is set for the earliest deadline, and mostly finds
that exchange long done.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import Generic, Protocol, TypeVar

from .exchange import DeadlinePassed


class Watched(Protocol):
    """What has a deadline."""

    deadline: float
    """By the clock of the event loop."""

    def fail(self, problem: Exception) -> None:
        """End with ``problem``."""
        ...


W = TypeVar("W", bound=Watched)


class Deadlines(Generic[W]):
    """Fails what is not done in time. Belongs to one event loop."""

    __slots__ = ("_alarm", "_alarm_at", "watched")

    def __init__(self) -> None:
        self.watched: set[W] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = inf

    def add(self, one: W, deadline: float, loop: asyncio.AbstractEventLoop) -> None:
        """Watch ``one``; whoever adds it discards it from ``watched`` when it is done."""
        one.deadline = deadline
        self.watched.add(one)
        if deadline < self._alarm_at:
            self._set(loop, deadline)

    def close(self) -> None:
        """Stop the timer."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm, self._alarm_at = None, inf

    def _set(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = loop.call_at(at, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time() + 0.001  # timers may be early by the granularity of the clock
        self._alarm, self._alarm_at = None, inf
        for one in [one for one in self.watched if one.deadline <= now]:
            one.fail(DeadlinePassed())
        if self.watched:
            self._set(loop, min(one.deadline for one in self.watched))
