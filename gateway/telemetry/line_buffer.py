"""Log lines on their way out, several to a system call.

Under load a call per line costs the gateway more than making the line. Lines wait for as long as nobody notices, and
are written in full: those of several processes that share a stream do not mix.
"""

from __future__ import annotations

import asyncio
import os

_WAIT_SECONDS = 0.05
_MOST_BYTES = 16_384
"""What is written at once. A pipe takes up to 64 KiB in one piece when its reader keeps up."""


class LineBuffer:
    """Takes lines and writes them to standard error. Belongs to one event loop."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor
        self._lines: list[bytes] = []
        self._size_bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    def write(self, line: bytes) -> None:
        """Write ``line``, soon."""
        self._lines.append(line)
        self._size_bytes += len(line)
        if self._size_bytes >= _MOST_BYTES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_WAIT_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rest = memoryview(b"".join(self._lines))
        self._lines.clear()
        self._size_bytes = 0
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
