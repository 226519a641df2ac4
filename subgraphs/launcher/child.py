"""One child process: started, watched, started again when it dies, stopped in order.

A child never outlives us: on Linux the kernel ends it when we are killed, so that a second start finds free ports and
unlocked files.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from shared.logging import get_logger

RESTART_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the first, second … start after a death; the last one repeats."""

STEADY = timedelta(seconds=30)
"""A child that has run so long is healthy: its next death starts with the first pause again."""

_PR_SET_PDEATHSIG = 1
_log = get_logger(__name__)


class ChildState(StrEnum):
    """Where a child stands."""

    NEW = "new"
    RUNNING = "running"
    WAITING = "waiting to be started again"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    wait_ready: Callable[[], Awaitable[None]]
    """Returns when the child does its work; called after every start of the platform, not after restarts."""

    stop_within: timedelta = timedelta(seconds=30)
    log_file: Path | None = None
    """Where its output goes; ``None`` to ours."""


@dataclass(slots=True)
class Child:
    """Runs one spec until it is stopped."""

    spec: ChildSpec
    state: ChildState = field(default=ChildState.NEW, init=False)
    restarts: int = field(default=0, init=False)
    _process: Process | None = field(default=None, init=False)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _died: asyncio.Condition = field(default_factory=asyncio.Condition, init=False)

    @property
    def pid(self) -> int | None:
        """The process now running, if one is."""
        return (
            None
            if self._process is None or self._process.returncode is not None
            else self._process.pid
        )

    async def run(self) -> None:
        """Keep the child running until ``stop``; returns when it has ended for good."""
        deaths = 0
        while not self._stopping.is_set():
            started = asyncio.get_running_loop().time()
            code = await self._run_once()
            if self._stopping.is_set():
                break
            lived = asyncio.get_running_loop().time() - started
            deaths = 1 if lived > STEADY.total_seconds() else deaths + 1
            pause = RESTART_PAUSES[min(deaths, len(RESTART_PAUSES)) - 1]
            self.state = ChildState.WAITING
            async with self._died:
                self.restarts += 1
                self._died.notify_all()
            _log.warning("process died", name=self.spec.name, code=code, restart_in_seconds=pause)
            await self._pause(pause)
        self.state = ChildState.STOPPED

    async def wait_restarts(self, count: int) -> None:
        """Return when the child has died ``count`` times."""
        async with self._died:
            await self._died.wait_for(lambda: self.restarts >= count)

    async def stop(self) -> None:
        """Ask the child to end, and insist when it takes too long."""
        self._stopping.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(self.spec.stop_within.total_seconds()):
                await process.wait()
        except TimeoutError:
            _log.warning("process did not stop in time", name=self.spec.name)
            _signal(process, signal.SIGKILL)
            await process.wait()

    async def _run_once(self) -> int:
        output = None if self.spec.log_file is None else self.spec.log_file.open("ab")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.argv,
                env=dict(self.spec.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C in a terminal goes to the whole group: only we are to hear it, and stop the rest in order.
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        finally:
            if output is not None:
                output.close()
        self.state = ChildState.RUNNING
        return await self._process.wait()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _signal(process: Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except ProcessLookupError:
        return  # It has just ended by itself.


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        # The parent died before the request reached the kernel.
        os._exit(1)
