"""The fetches of a grown plan and what each waits for, in a form that passes can merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .frames import Frame, FrameKind
from .scopes import Scope


@dataclass(slots=True, eq=False)
class Call:
    """One ``_entities`` field: entity frames of one scope, sent together."""

    scope: Scope
    frames: list[Frame]


@dataclass(slots=True, eq=False, kw_only=True)
class FetchNode:
    """One request: a root selection, or entity calls."""

    number: int
    graph: int
    part: int
    """Which root field of a mutation it belongs to; fetches of different parts never merge."""

    root: Frame | None = None
    calls: list[Call] = field(default_factory=list)

    @property
    def frames(self) -> Iterator[Frame]:
        """The frames that begin in this request."""
        if self.root is not None:
            yield self.root
        for call in self.calls:
            yield from call.frames


class FetchGraph:
    """Requests, with waves that follow from what they wait for."""

    def __init__(self, frames: Sequence[Frame], part: int = 0) -> None:
        """Make one request of every frame that begins one."""
        self._origins: dict[Frame, tuple[Frame, ...]] = {}
        self._node_of: dict[Frame, FetchNode] = {}
        self.nodes: list[FetchNode] = []
        self._waves: dict[FetchNode, int] | None = None
        self._depends: dict[FetchNode, list[FetchNode]] = {}
        for frame in frames:
            if frame.kind is FrameKind.CARRIED:
                continue
            node = FetchNode(number=len(self.nodes), graph=frame.graph, part=part)
            if frame.kind is FrameKind.ROOT:
                node.root = frame
            else:
                node.calls.append(Call(frame.scope, [frame]))
            self.nodes.append(node)
            self._node_of[frame] = node

    def nodes_of(self, frame: Frame) -> list[FetchNode]:
        """The requests that fetch a frame: one, unless it is carried for several classes."""
        return list(dict.fromkeys(self._node_of[origin] for origin in self._origins_of(frame)))

    def depends_on(self, node: FetchNode) -> list[FetchNode]:
        """The requests that a request waits for."""
        self._settle()
        return self._depends[node]

    def wave(self, node: FetchNode) -> int:
        """How many requests come first, one after the other."""
        return self._settle()[node]

    def ancestors(self) -> dict[FetchNode, int]:
        """For each request all that it waits for, directly or not, as a mask of numbers."""
        waves = self._settle()
        found: dict[FetchNode, int] = {}
        for node in sorted(self.nodes, key=waves.__getitem__):
            mask = 0
            for other in self._depends[node]:
                mask |= found[other] | 1 << other.number
            found[node] = mask
        return found

    def merge(self, kept: FetchNode, gone: FetchNode) -> None:
        """Put what one request does into another; neither may wait for the other."""
        for frame in gone.frames:
            self._node_of[frame] = kept
        kept.calls += gone.calls
        self.nodes.remove(gone)
        self._waves = None

    def unite(self, kept: FetchNode, gone: FetchNode) -> None:
        """Merge two requests with one call each, at one scope, into one call."""
        call = kept.calls[0]
        call.frames += gone.calls[0].frames
        gone.calls = [Call(call.scope, [])]
        for frame in call.frames:
            self._node_of[frame] = kept
        self.nodes.remove(gone)
        self._waves = None

    def _origins_of(self, frame: Frame) -> tuple[Frame, ...]:
        found = self._origins.get(frame)
        if found is None:
            if frame.kind is FrameKind.CARRIED:
                found = tuple(
                    dict.fromkeys(
                        origin for host in frame.hosts for origin in self._origins_of(host)
                    )
                )
            else:
                found = (frame,)
            self._origins[frame] = found
        return found

    def _settle(self) -> dict[FetchNode, int]:
        if self._waves is None:
            self._depends = {node: self._find_dependencies(node) for node in self.nodes}
            self._waves = {}
            for node in self.nodes:
                self._find_wave(node, self._waves)
        return self._waves

    def _find_dependencies(self, node: FetchNode) -> list[FetchNode]:
        found = {
            other: None
            for frame in node.frames
            for need in frame.needs
            for other in self.nodes_of(need)
        }
        return list(found)

    def _find_wave(self, node: FetchNode, waves: dict[FetchNode, int]) -> int:
        if node not in waves:
            waves[node] = 1 + max(
                (self._find_wave(other, waves) for other in self._depends[node]), default=-1
            )
        return waves[node]
