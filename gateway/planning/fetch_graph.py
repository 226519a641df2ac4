"""The fetches of a grown plan and what each waits for, in a form that passes can merge."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.query_graph.budget import Budget

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
    """What it belongs to, a root field of a mutation or what is deferred; fetches of different parts never merge."""

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
    """Requests, what each waits for, and their waves, kept up to date while requests merge."""

    def __init__(self, frames: Sequence[Frame], budget: Budget, part: int = 0) -> None:
        """Make one request of every frame that begins one."""
        self._budget = budget
        self._origins: dict[Frame, tuple[Frame, ...]] = {}
        self._node_of: dict[Frame, FetchNode] = {}
        self._nodes: dict[FetchNode, None] = {}
        for frame in frames:
            if frame.kind is FrameKind.CARRIED:
                continue
            node = FetchNode(number=len(self._nodes), graph=frame.graph, part=part)
            if frame.kind is FrameKind.ROOT:
                node.root = frame
            else:
                node.calls.append(Call(frame.scope, [frame]))
            self._nodes[node] = None
            self._node_of[frame] = node
        self._depends: dict[FetchNode, dict[FetchNode, None]] = {}
        self._dependants: dict[FetchNode, dict[FetchNode, None]] = {
            node: {} for node in self._nodes
        }
        self._waves: dict[FetchNode, int] = {}
        for node in self._nodes:
            self._connect(node)
        for node in self._nodes:
            self._find_wave(node)

    @property
    def nodes(self) -> list[FetchNode]:
        """The requests, in the order of their numbers."""
        return list(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def nodes_of(self, frame: Frame) -> list[FetchNode]:
        """The requests that fetch a frame: one, unless it is carried for several classes."""
        origins = self._origins_of(frame)
        if len(origins) == 1:
            return [self._node_of[origins[0]]]
        return list(dict.fromkeys(self._node_of[origin] for origin in origins))

    def depends_on(self, node: FetchNode) -> Collection[FetchNode]:
        """The requests that a request waits for."""
        return self._depends[node].keys()

    def is_awaited(self, node: FetchNode) -> bool:
        """Whether some request waits for a request."""
        return bool(self._dependants[node])

    def wave(self, node: FetchNode) -> int:
        """How many requests come first, one after the other."""
        return self._waves[node]

    def waits_for(self, node: FetchNode, other: FetchNode) -> bool:
        """Whether ``node`` can start only after ``other``, directly or not."""
        wave = self._waves[other]
        pending = [node]
        seen = {node}
        while pending:
            for each in self._depends[pending.pop()]:
                if each is other:
                    return True
                # Who comes no later than ``other`` does not wait for it.
                if each not in seen and self._waves[each] > wave:
                    self._budget.spend()
                    seen.add(each)
                    pending.append(each)
        return False

    def latest_waves(self) -> dict[FetchNode, int]:
        """For each request the wave in which it could come without the last one of any part coming later."""
        last: dict[int, int] = {}
        for node, wave in self._waves.items():
            last[node.part] = max(wave, last.get(node.part, 0))
        found: dict[FetchNode, int] = {}
        for node in sorted(self._nodes, key=self._waves.__getitem__, reverse=True):
            self._budget.spend()
            waiting = (found[other] - 1 for other in self._dependants[node])
            found[node] = min((last[node.part], *waiting))
        return found

    def ancestors(self) -> dict[FetchNode, int]:
        """For each request all that it waits for, directly or not, as a mask of numbers."""
        found: dict[FetchNode, int] = {}
        for node in sorted(self._nodes, key=self._waves.__getitem__):
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
        self._reconnect(kept, gone)

    def unite(self, kept: FetchNode, gone: FetchNode) -> None:
        """Merge two requests with one call each, at one scope, into one call."""
        for frame in gone.calls[0].frames:
            self._node_of[frame] = kept
        kept.calls[0].frames += gone.calls[0].frames
        self._reconnect(kept, gone)

    def _connect(self, node: FetchNode) -> None:
        found: dict[FetchNode, None] = {}
        for frame in node.frames:
            for need in frame.needs:
                found.update(dict.fromkeys(self.nodes_of(need)))
        self._depends[node] = found
        self._budget.spend(1 + len(found))
        for other in found:
            self._dependants[other][node] = None

    def _reconnect(self, kept: FetchNode, gone: FetchNode) -> None:
        del self._nodes[gone]
        wave = self._waves.pop(gone)
        above, below = self._depends.pop(gone), self._dependants.pop(gone)
        self._budget.spend(1 + len(above) + len(below))
        for node in above:
            del self._dependants[node][gone]
            self._dependants[node][kept] = None
        self._depends[kept].update(above)
        for node in below:
            depends = self._depends[node]
            del depends[gone]
            depends[kept] = None
        self._dependants[kept].update(below)
        # Merging never lets a request start earlier.
        later = [(kept, wave), *((node, self._waves[kept] + 1) for node in below)]
        while later:
            node, wave = later.pop()
            if wave > self._waves[node]:
                self._budget.spend()
                self._waves[node] = wave
                later += [(other, wave + 1) for other in self._dependants[node]]

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

    def _find_wave(self, node: FetchNode) -> int:
        found = self._waves.get(node)
        if found is None:
            found = self._waves[node] = 1 + max(
                map(self._find_wave, self._depends[node]), default=-1
            )
        return found
