"""Whether the client of a request is still there, and whether it matters: work that nobody waits for is given up.

A mutation that has started is not: half of it would be done, and nobody could say which half.
"""

from __future__ import annotations

import asyncio


class Presence:
    """The client of one request.

    Args:
        task: what works on the request, to be cancelled when nobody waits for it any more; ``None`` where nobody
            tells when clients leave.
    """

    __slots__ = ("_holds", "_task", "is_given_up", "is_gone")

    def __init__(self, task: asyncio.Task[object] | None = None) -> None:
        self._task = task
        self._holds = 0
        self.is_gone = False
        self.is_given_up = False
        """Whether the work is being ended; what it consists of may not have heard of it yet."""

    def leave(self) -> None:
        """Take note that the client is gone."""
        self.is_gone = True
        self._give_up_when_idle()

    def hold(self) -> None:
        """Let the work go on though the client may leave: somebody else needs it."""
        self._holds += 1

    def release(self) -> None:
        """Take back one ``hold``; when it was the last and the client is gone, the work ends."""
        self._holds -= 1
        if self.is_gone:
            self._give_up_when_idle()

    def finish(self) -> None:
        """Take note that the work is done; from now on there is nothing to give up."""
        self._task = None

    def _give_up_when_idle(self) -> None:
        if self._task is not None and not self._holds:
            task, self._task = self._task, None
            self.is_given_up = True
            task.cancel()
