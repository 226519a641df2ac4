"""Finds the frame where a field is taken, or has one begin: at a root, carried by a field above, or with a call."""

from __future__ import annotations

from gateway.planning.frames import Frame, FrameKind
from gateway.planning.scopes import Demand, PlanClass, Scope
from gateway.query_graph.budget import Budget
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Position
from gateway.query_graph.reached import Option

from .availability import Availability
from .bans import Ban
from .calls import Calls
from .choices import Choices
from .prices import Prices


class Standing:
    """Adds the frames of one plan."""

    def __init__(
        self,
        graph: QueryGraph,
        budget: Budget,
        available: Availability,
        *,
        prices: Prices,
        choices: Choices,
        calls: Calls,
    ) -> None:
        self._graph = graph
        self._budget = budget
        self._available = available
        self._prices = prices
        self._choices = choices
        self._calls = calls

    def stand(self, plan_class: PlanClass, position: Position) -> Frame:
        """The frame of a position, added when there is none."""
        for frame in self._available.frames_at(plan_class.scope):
            if frame.positions.get(plan_class) == position and not frame.is_stage:
                return frame
        if plan_class.scope.is_root:
            return self._begin_root(plan_class, position)
        entry = self._prices.entry_to(plan_class, position)
        if entry is not None:
            return self._add(self._calls.enter(plan_class, entry))
        return self._carry(plan_class, position)

    def realise(self, demand: Demand, option: Option) -> Frame:
        """Stand where an option is, for a field with ``@requires`` with its inputs sent."""
        if option.entry is None:
            return self.stand(demand.home, option.position)
        return self._add(self._calls.enter(demand.home, option.entry, stage=(demand, option)))

    def _begin_root(self, plan_class: PlanClass, position: Position) -> Frame:
        return self._add(
            Frame(
                number=len(self._available.frames),
                kind=FrameKind.ROOT,
                scope=plan_class.scope,
                graph=position.graph,
                local_type=plan_class.type_name,
                positions={plan_class: position},
            )
        )

    def _carry(self, plan_class: PlanClass, position: Position) -> Frame:
        scope = plan_class.scope
        frame: Frame | None = None
        for parent in scope.parents:
            carriers = list(self._available.carrying_options(parent))
            options = [
                option
                for option in carriers
                if self._graph.arrive(option.move, plan_class.type_name) == position
            ]
            option = self._choices.choose(parent.home, options)
            if option.cost and len(options) < len(carriers):
                # Carried from elsewhere, the objects might be had here by a call of their own.
                self._choices.made.setdefault(Ban(parent.home.scope, option.position))
            host = self.realise(parent, option)
            if frame is None:
                frame = self._carried_frame(scope, option, host)
            host.select(parent.home, parent, frame)
            if host not in frame.hosts:
                frame.hosts.append(host)
                frame.wave = max(frame.wave, host.wave)
        assert frame is not None  # noqa: S101 – only the root has no parents
        return frame

    def _carried_frame(self, scope: Scope, option: Option, host: Frame) -> Frame:
        positions = {
            each: position
            for each in scope.all_classes()
            if (position := self._graph.arrive(option.move, each.type_name)) is not None
        }
        frame = Frame(
            number=len(self._available.frames),
            kind=FrameKind.CARRIED,
            scope=scope,
            graph=option.move.graph,
            local_type=option.move.type.name,
            positions=positions,
            wave=host.wave,
        )
        return self._add(frame)

    def _add(self, frame: Frame) -> Frame:
        self._budget.spend()
        self._available.add(frame)
        self._prices.add(frame)
        return frame
