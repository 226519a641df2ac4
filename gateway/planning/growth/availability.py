"""What can be had of the objects of a class, given the frames there are: kept until a frame changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gateway.planning.frames import Frame
from gateway.planning.scopes import Demand, PlanClass, Scope, move_key
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import CALL, NOTHING, Contexts, Option, Reached

from .bans import Ban, banned_positions
from .given import NOTHING_GIVEN, Given, given_options


class _Answer(NamedTuple):
    """What could be had at a class when that was worked out last."""

    start: dict[Position, int]
    reached: Reached


class Availability:
    """The frames of one plan, and what can be had with them."""

    def __init__(
        self,
        graph: QueryGraph,
        reach: Reach,
        *,
        root_graphs: frozenset[int] | None = None,
        bans: frozenset[Ban] = frozenset(),
        given: Given = NOTHING_GIVEN,
    ) -> None:
        """``root_graphs`` are those that may be asked at the root; ``None`` for all."""
        self._graph = graph
        self._reach = reach
        self._root_graphs = root_graphs
        self._banned = banned_positions(bans)
        self._given = given
        self._frames_at: dict[Scope, list[Frame]] = {}
        self._reached: dict[PlanClass, Reached] = {}
        self._latest: dict[PlanClass, _Answer] = {}
        self._readers: dict[PlanClass, list[PlanClass]] = {}
        self.frames: list[Frame] = []
        self.certain_roots: frozenset[int] = frozenset()
        """The graphs that are asked at the root whatever else is done."""

    def frames_at(self, scope: Scope) -> Sequence[Frame]:
        """The frames of a scope."""
        return self._frames_at.get(scope, ())

    def add(self, frame: Frame) -> None:
        """Add a frame, and forget what it makes cheaper."""
        self.frames.append(frame)
        self._frames_at.setdefault(frame.scope, []).append(frame)
        if not frame.is_stage:
            for plan_class, position in frame.positions.items():
                known = self._reached.get(plan_class)
                if known is not None and known.costs.get(position) != 0:
                    self._forget(plan_class)

    def options_of(self, demand: Demand) -> Sequence[Option]:
        """All ways to have a field."""
        options = self._reach.options(self.reach_of(demand.home), demand.name)
        return given_options(self._given, demand, options) if self._given else options

    def reach_of(self, plan_class: PlanClass) -> Reached:
        """What can be had at a class given the frames there are."""
        known = self._reached.get(plan_class)
        if known is not None:
            return known
        self._reach.budget.spend()
        banned = self._banned.get(plan_class.scope, NOTHING)
        starts = self._starts(plan_class)
        start = {at: cost for at, cost in starts.items() if at not in banned}
        contexts = self._contexts_of(plan_class.scope)
        former = self._latest.get(plan_class)
        if former is not None and not (
            former.reached.contexts == contexts
            and all(start.get(at, cost + 1) <= cost for at, cost in former.start.items())
        ):
            former = None
        reached = self._reach.from_positions(
            plan_class.type_name,
            start.items(),
            knows_type=plan_class.knows_type,
            without=banned,
            contexts=contexts,
            former=former and former.reached,
        )
        self._reached[plan_class] = reached
        self._latest[plan_class] = _Answer(start, reached)
        for parent in plan_class.scope.parents:
            self._readers.setdefault(parent.home, []).append(plan_class)
        return reached

    def start_of(self, plan_class: PlanClass) -> Mapping[Position, int]:
        """The positions that are at hand at a class, or that its objects can be carried to."""
        self.reach_of(plan_class)
        return self._latest[plan_class].start

    def carrying_options(self, parent: Demand) -> Iterator[Option]:
        """The ways to have a composite field that may carry what is below it."""
        assert parent.child is not None  # noqa: S101 – it is the parent of a scope
        allowed = parent.child.carrier_moves
        for option in self._reach.options(self.reach_of(parent.home), parent.name):
            if move_key(option.move) in allowed:
                yield option

    def _forget(self, plan_class: PlanClass) -> None:
        """Forget what could be had at a class, and below it, where that was worked out from it."""
        pending = [plan_class]
        while pending:
            at = pending.pop()
            if self._reached.pop(at, None) is not None:
                pending += self._readers.pop(at, ())

    def _contexts_of(self, scope: Scope) -> Contexts:
        """What the objects above a scope can give, whichever class of them it is below."""
        if scope.is_root or not self._graph.contexts.values:
            return ()
        first, *others = (
            dict(self._reach.contexts_below(self.reach_of(parent.home), scope.declared))
            for parent in scope.parents
        )
        for other in others:
            first = {key: max(cost, other[key]) for key, cost in first.items() if key in other}
        return tuple(sorted(first.items()))

    def _starts(self, plan_class: PlanClass) -> dict[Position, int]:
        scope = plan_class.scope
        if scope.is_root:
            starts = {
                position: 0 if position.graph in self.certain_roots else CALL
                for position in self._graph.root_positions(scope.declared)
                if self._root_graphs is None or position.graph in self._root_graphs
            }
        else:
            starts = self._carried_starts(plan_class)
        for frame in self.frames_at(scope):
            position = frame.positions.get(plan_class)
            if position is not None and not frame.is_stage:
                starts[position] = 0
        return starts

    def _carried_starts(self, plan_class: PlanClass) -> dict[Position, int]:
        """Positions that the parent's field leads to, from every class of objects that has it."""
        starts: dict[Position, int] = {}
        for number, parent in enumerate(plan_class.scope.parents):
            found: dict[Position, int] = {}
            for option in self.carrying_options(parent):
                position = self._graph.arrive(option.move, plan_class.type_name)
                if position is not None:
                    cost = option.cost + 1 if option.cost else 0
                    found[position] = min(cost, found.get(position, cost))
            starts = (
                {at: max(cost, found[at]) for at, cost in starts.items() if at in found}
                if number
                else found
            )
        return starts
