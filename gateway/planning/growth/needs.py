"""What a call needs: keys, inputs of ``@requires`` and values of contexts, met as hidden demands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.errors import PlanningError
from gateway.planning.frames import ContextInput, Frame, FrameKind, Input
from gateway.planning.scopes import PlanClass, Scope
from gateway.query_graph.context_uses import Setting
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.reach import Reach
from gateway.supergraph.model import ContextArgument
from gateway.supergraph.selections import Selection

from .availability import Availability
from .grower import Grower
from .hidden_demands import HiddenDemands
from .known_types import KnownTypes


class Needs:
    """Meets what the calls of one plan need."""

    def __init__(
        self,
        graph: QueryGraph,
        reach: Reach,
        available: Availability,
        *,
        hidden: HiddenDemands,
        types: KnownTypes,
        grower: Grower,
    ) -> None:
        self._graph = graph
        self._reach = reach
        self._available = available
        self._hidden = hidden
        self._types = types
        self._grower = grower

    def meet_forced(self, home: PlanClass, selections: Sequence[Selection]) -> None:
        """Meet the leaves that one graph alone has, so that the others find it standing already."""
        if len(selections) < 2:
            return
        demands = [
            self._hidden.demand_for(home, selection)
            for selection in selections
            if selection.name != "__typename"
            and (selection.on is None or home.type_name in selection.on)
        ]
        for demand in demands:
            if demand.child is None:
                options = self._available.options_of(demand)
                if len({option.position.graph for option in options}) == 1:
                    self._grower.meet(demand)

    def need(
        self,
        home: PlanClass,
        selections: Iterable[Selection],
        needs: list[Frame],
        *,
        is_key: bool,
    ) -> tuple[Input, ...]:
        """Meet the fields of a field set as hidden demands; adds the frames they come with."""
        inputs = []
        for selection in selections:
            if selection.name == "__typename" or (
                selection.on is not None and home.type_name not in selection.on
            ):
                continue
            demand = self._hidden.demand_for(home, selection)
            below: tuple[tuple[PlanClass, tuple[Input, ...]], ...] = ()
            if demand.child is not None:
                below = tuple(
                    self._need_below(demand.child, selection.selections, needs, is_key=is_key)
                )
            else:
                needs.append(self._grower.meet(demand))
            inputs.append(Input(demand=demand, is_key=is_key, below=below))
        return tuple(inputs)

    def need_context(
        self, scope: Scope, argument: ContextArgument, needs: list[Frame]
    ) -> ContextInput:
        """Meet what a contextual argument reads of the nearest objects above that set its context."""
        while scope.parents:
            # Where objects set a context, what is below them belongs to one class alone.
            home = scope.parents[0].home
            match self._graph.contexts.setting(argument, home.type_name):
                case Setting.SET:
                    selection = argument.selections[home.type_name]
                    read = () if selection is None else (selection,)
                    inputs = self.need(home, read, needs, is_key=False)
                    return ContextInput(argument=argument, home=home, inputs=inputs)
                case Setting.UNSET:
                    scope = home.scope
                case Setting.MIXED:
                    break
        raise PlanningError(f"Nothing sets the context {argument.local_context} here.")

    def _need_below(
        self,
        scope: Scope,
        selections: Sequence[Selection],
        needs: list[Frame],
        *,
        is_key: bool,
    ) -> Iterator[tuple[PlanClass, tuple[Input, ...]]]:
        whole = scope.whole
        if whole is not None and self._reach.can_obtain(
            self._available.reach_of(whole), selections
        ):
            yield whole, self.need(whole, selections, needs, is_key=is_key)
        else:
            for plan_class in sorted(scope.classes, key=self._least_cost):
                # The first class brings a carrier; what that cannot return is not there.
                if not self._available.frames_at(scope) or self._is_carried(plan_class):
                    yield plan_class, self.need(plan_class, selections, needs, is_key=is_key)
                    self._grower.ensure_existence(scope)
                    needs += self._types.know_type(plan_class)
        self._grower.ensure_existence(scope)
        needs += self._available.frames_at(scope)[:1]

    def _least_cost(self, plan_class: PlanClass) -> int:
        return min(self._available.reach_of(plan_class).costs.values(), default=1 << 30)

    def _is_carried(self, plan_class: PlanClass) -> bool:
        return any(
            plan_class in frame.positions and frame.kind is FrameKind.CARRIED
            for frame in self._available.frames_at(plan_class.scope)
        )
