"""Notices that files have other contents than before, however they were changed.

Files are looked at, not subscribed to: a look works with editors that put a new file in the place of the old one, with
directories that are links to others (Kubernetes mounts), and with file systems that tell nobody of changes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

_Stamp: TypeAlias = tuple[int, int, int, int, int]

_RACY_SECONDS = 2.0
"""A file changed so lately may change again without another stamp: clocks of file systems are coarse."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look has shown."""

    has_changed: bool
    is_missing: bool
    """Whether a file cannot be read, which may last for a moment only."""

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing to wait for."""
        return not self.has_changed and not self.is_missing


@dataclass(slots=True)
class _Seen:
    stamp: _Stamp | None
    digest: bytes | None


class FileWatch:
    """Remembers files as they were at the last look. Used by one thread at a time."""

    def __init__(self) -> None:
        self._seen: dict[Path, _Seen] = {}

    def look(self, paths: Iterable[Path]) -> Look:
        """Return whether any of ``paths`` differs from what it was at the last look, or is new among them."""
        seen: dict[Path, _Seen] = {}
        has_changed = is_missing = False
        for path in dict.fromkeys(paths):
            before = self._seen.get(path)
            now = seen[path] = _see(path, before)
            has_changed = has_changed or before is None or before.digest != now.digest
            is_missing = is_missing or now.digest is None
        self._seen = seen
        return Look(has_changed, is_missing)


def _see(path: Path, before: _Seen | None) -> _Seen:
    stamp = _stamp_of(path)
    if stamp is None:
        return _Seen(None, None)
    is_settled = time.time() - stamp[4] / 1e9 > _RACY_SECONDS
    if before is not None and before.stamp == stamp and is_settled:
        return before
    try:
        return _Seen(stamp, hashlib.blake2b(path.read_bytes()).digest())
    except OSError:
        return _Seen(None, None)


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        found = path.stat()  # follows links: what they lead to is what counts
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
