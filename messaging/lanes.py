"""Which message may be handled next: one at a time per aggregate, oldest first. Pure; no I/O, no time.

A lane holds the messages of one aggregate. While one of them is out (being handled, or put back to be delivered again
later) the lane stands still; other lanes go on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

M = TypeVar("M")


class LaneState(StrEnum):
    """Why a lane does or does not move."""

    READY = "ready"
    BUSY = "busy"
    """Its first message is being handled."""
    WAITING = "waiting"
    """A message was put back; until it returns, later ones stay."""


@dataclass(slots=True)
class _Lane(Generic[M]):
    state: LaneState = LaneState.READY
    messages: dict[int, M] = field(default_factory=dict)
    awaited: int | None = None
    absence: int | None = None
    """Which time of waiting this is, for whoever may give it up."""


class Lanes(Generic[M]):
    """Messages on hand, by aggregate and position in the stream."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane[M]] = {}
        self._ready: deque[str] = deque()
        self._absences = 0

    def __len__(self) -> int:
        return sum(len(lane.messages) for lane in self._lanes.values())

    def add(self, key: str, position: int, message: M) -> None:
        """Put a message into its lane. The same position again replaces what waits there: a redelivery."""
        lane = self._lanes.setdefault(key, _Lane())
        lane.messages[position] = message
        if lane.state is LaneState.WAITING and position == lane.awaited:
            self._open(key, lane)
        elif lane.state is LaneState.READY and key not in self._ready:
            self._ready.append(key)

    def take(self) -> tuple[str, int, M] | None:
        """Return the oldest message of the lane that has been ready longest, and make the lane busy."""
        if not self._ready:
            return None
        key = self._ready.popleft()
        lane = self._lanes[key]
        position = min(lane.messages)
        lane.state = LaneState.BUSY
        return key, position, lane.messages.pop(position)

    def finish(self, key: str) -> None:
        """The message that was taken is settled: the next one may be."""
        self._open(key, self._lanes[key])

    def postpone(self, key: str, position: int) -> int | None:
        """The message that was taken was put back; its lane waits for it.

        Returns what to ``give_up`` when it stays away: this absence and no later one, since it may come back and be put
        back again. ``None``: it has come back already.
        """
        lane = self._lanes[key]
        if position in lane.messages:
            self._open(key, lane)
            return None
        self._absences += 1
        lane.state = LaneState.WAITING
        lane.awaited, lane.absence = position, self._absences
        return self._absences

    def give_up(self, key: str, absence: int) -> None:
        """Wait no longer for a message that was put back (another instance may have it)."""
        lane = self._lanes.get(key)
        if lane is not None and lane.absence == absence:
            self._open(key, lane)

    def drain(self) -> list[M]:
        """Remove and return all messages that are not out, oldest first."""
        held = sorted(
            (position, key) for key, lane in self._lanes.items() for position in lane.messages
        )
        drained = [self._lanes[key].messages.pop(position) for position, key in held]
        self._ready.clear()
        return drained

    def held(self) -> list[M]:
        """Return all messages that are not out."""
        return [message for lane in self._lanes.values() for message in lane.messages.values()]

    def _open(self, key: str, lane: _Lane[M]) -> None:
        lane.state, lane.awaited, lane.absence = LaneState.READY, None, None
        if lane.messages:
            self._ready.append(key)
        else:
            del self._lanes[key]
