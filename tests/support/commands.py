"""Runs a command of the gateway in this process: for those that neither serve nor write logs.

A process costs most of a second; what a command leaves behind in this one, its logging, is put back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from typer.testing import CliRunner

from gateway.cli import app


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def invoke(*arguments: str, stdin: str | bytes = "") -> Done:
    """Run a command to its end; what it raises other than its exit is raised here."""
    with _logging_kept():
        result = CliRunner().invoke(app, [*arguments], input=stdin, catch_exceptions=False)
    return Done(result.exit_code, result.stdout, result.stderr)


@contextmanager
def _logging_kept() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.configure(**config)
