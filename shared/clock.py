"""The one source of time. Every service asks a ``Clock``; nobody calls ``datetime.now``.

A deployment runs on ``SystemClock``. A test profile gives every process the same ``VirtualClock`` by a file, so that a
week of payouts or a missed check-in needs no waiting.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until a test moves it."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant it was last set to."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move forward."""
        self.instant += by


@dataclass(slots=True)
class VirtualClock:
    """System time shifted by an offset that all processes of a test profile read from one file."""

    path: Path
    _offset: timedelta = field(default=timedelta(), init=False)
    _version: tuple[int, int] | None = field(default=None, init=False)

    def now(self) -> datetime:
        """Return the shifted time; a missing file means no shift."""
        return datetime.now(UTC) + self._read_offset()

    def set(self, instant: datetime) -> None:
        """Make it ``instant`` now, for every process that reads the file."""
        self._write_offset(instant - datetime.now(UTC))

    def advance(self, by: timedelta) -> None:
        """Move everybody's time forward."""
        self._write_offset(self._read_offset() + by)

    def _read_offset(self) -> timedelta:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return timedelta()
        # The file is replaced, never written in place: inode and time together tell a new version.
        version = (status.st_ino, status.st_mtime_ns)
        if version != self._version:
            self._offset = timedelta(seconds=json.loads(self.path.read_text())["offset_seconds"])
            self._version = version
        return self._offset

    def _write_offset(self, offset: timedelta) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps({"offset_seconds": offset.total_seconds()}))
        draft.replace(self.path)
