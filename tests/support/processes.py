"""Starts the ``cattery`` command as a process of its own, and waits for what it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from time import monotonic
from typing import TextIO

from .waiting import DEADLINE_SECONDS

ROOT = Path(__file__).parents[2]
_COMMAND = (sys.executable, "-c", "from gateway.cli import app; app()")
"""The gateway's own commands: without the other packages', it starts in half the time."""


def run_cattery(
    *arguments: str,
    stdin: str = "",
    stdout: TextIO | None = None,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; what it prints is caught unless it goes to a ``stdout`` of its own."""
    return subprocess.run(  # noqa: S603 - our own command
        [*_COMMAND, *arguments],
        input=stdin,
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=DEADLINE_SECONDS,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **(environment or {})},
        check=False,
    )


@dataclass
class Running:
    """A process that serves."""

    process: subprocess.Popen[bytes]
    port: int
    ready_line: str

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=DEADLINE_SECONDS)


@contextmanager
def cattery_gateway(
    arguments: Sequence[str], *, log: Path, stdin: Path | None = None
) -> Iterator[Running]:
    """Start ``cattery gateway`` on a free port; yields when it says that it is ready."""
    with (
        log.open("wb") as stderr,
        (stdin or Path(os.devnull)).open("rb") as given,
        subprocess.Popen(  # noqa: S603 - our own command
            [*_COMMAND, "gateway", *arguments, "--port", "0"],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=ROOT,
        ) as process,
    ):
        try:
            line = _read_line(process, log, seconds=DEADLINE_SECONDS)
            match = re.search(r":(\d+)/graphql", line)
            assert match is not None, line
            yield Running(process, int(match[1]), line)
        finally:
            if process.poll() is None:
                process.kill()


def _read_line(process: subprocess.Popen[bytes], log: Path, *, seconds: float) -> str:
    assert process.stdout is not None
    deadline = monotonic() + seconds
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        while selector.select(timeout=max(0.0, deadline - monotonic())):
            line = process.stdout.readline().decode()
            if not line:
                raise AssertionError(f"The gateway ended: {log.read_text()}")
            if "Ready" in line:
                return line
    raise AssertionError(f"The gateway did not get ready: {log.read_text()}")
