"""The whole platform under test: ``cattery up`` as a user starts it, spoken to as a user speaks to it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx

from shared.clock import VirtualClock
from shared.ports import reserve_port

from .conversation import Conversation
from .waiting import DEADLINE, DEADLINE_SECONDS

START_WITHIN = 2 * DEADLINE
STOP_WITHIN = DEADLINE
CATTERY = Path(sys.executable).with_name("cattery")
T = TypeVar("T")


@dataclass(slots=True)
class RunningPlatform(Conversation):
    """A platform that answers."""

    url: str = field(kw_only=True)
    data_dir: Path = field(kw_only=True)
    process: Process = field(kw_only=True)
    output: Path = field(kw_only=True)

    def children(self) -> dict[str, int]:
        """Return the pids of the platform's processes by name: ``gateway``, ``nats-server``, each subgraph."""
        found: dict[str, int] = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_text().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid:
                found[_name_of(words)] = int(folder.name)
        return found


def _name_of(words: list[str]) -> str:
    if "subgraph" in words:
        return words[words.index("subgraph") + 1]
    return "gateway" if "gateway" in words else Path(words[0]).name


@asynccontextmanager
async def running_platform(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[RunningPlatform]:
    """Run ``cattery up`` with its data in ``folder`` until the block ends, then stop it as Ctrl-C does.

    Raises:
        AssertionError: it is not ready in time, or does not stop cleanly.
    """
    with reserve_port() as reserved:
        async with _running(folder, reserved.port, *arguments, environment=environment) as platform:
            yield platform


@asynccontextmanager
async def _running(
    folder: Path, port: int, *arguments: str, environment: Mapping[str, str] | None
) -> AsyncIterator[RunningPlatform]:
    clock_file = folder / "clock.json"
    output = folder / "output.log"
    folder.mkdir(parents=True, exist_ok=True)
    with output.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            CATTERY, "up", "--port", str(port), "--data-dir", str(folder / "data"), *arguments,
            env={
                **os.environ,
                "CATTERY_CLOCK_FILE": str(clock_file),
                **(environment or {}),
            },
            stdout=log,
            stderr=log,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as http:
            platform = RunningPlatform(
                http,
                VirtualClock(clock_file),
                url=url,
                data_dir=folder / "data",
                process=process,
                output=output,
            )
            await _wait_ready(platform)
            yield platform
    finally:
        code = await _stop(process)
    assert code == 0, f"`cattery up` ended with {code}: {_tail(output)}"


async def _wait_ready(platform: RunningPlatform) -> None:
    async def is_ready() -> bool:
        assert platform.process.returncode is None, _tail(platform.output)
        try:
            return (await platform.http.get("/health/ready")).is_success
        except httpx.HTTPError:
            return False

    assert await eventually(is_ready, within=START_WITHIN), _tail(platform.output)


async def _stop(process: Process) -> int:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(STOP_WITHIN.total_seconds()):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


async def eventually(look: Callable[[], Awaitable[T]], *, within: timedelta = DEADLINE) -> T:
    """Return the first truthy answer of ``look``, or its last answer when the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within.total_seconds()
    while True:
        found = await look()
        if found or loop.time() > deadline:
            return found
        await asyncio.sleep(0.1)


def _tail(output: Path) -> str:
    return output.read_text(errors="replace")[-4_000:]
