"""SIGHUP asks for a reload; from a terminal that was closed it is the end."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import fcntl, os, signal, sys, termios
if os.isatty(0):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the terminal is this session's from now on
from gateway.server.hang_up import HangUp
said = []
HangUp(on_reload=lambda: said.append("reload"), on_end=lambda: said.append("end"))
print("listening", flush=True)
while True:
    while said:
        print(said.pop(0), flush=True)
    signal.sigtimedwait([], 0.02)
"""


@contextmanager
def a_program(stdin: int) -> Iterator[subprocess.Popen[str]]:
    """A program in a session of its own, which says what it takes the signal for."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM],
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    ) as process:
        try:
            assert line_of(process) == "listening"
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_without_a_terminal_it_is_a_reload() -> None:
    with a_program(subprocess.DEVNULL) as process:
        process.send_signal(signal.SIGHUP)
        said = line_of(process)

    assert said == "reload"


def test_on_a_terminal_it_is_a_reload_until_the_terminal_is_closed() -> None:
    terminal, its_end = pty.openpty()
    with a_program(its_end) as process:
        os.close(its_end)
        process.send_signal(signal.SIGHUP)
        said = [line_of(process)]
        os.close(terminal)
        said.append(line_of(process))

    assert said == ["reload", "end"]
