"""Growth: gives every demand to a subgraph, adding the frames that takes.

Demands that one subgraph alone can meet come first, since they have no choice; the others then find what
already stands. Each takes the cheapest way given the plan so far (``Reach``, ``Prices``), and what that way
needs in turn, keys and inputs of ``@requires``, becomes hidden demands that are met at once. A frame
depends only on frames that were there before it, so the result has no cycles.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.errors import PlanningError
from gateway.planning.frames import Frame, FrameKind
from gateway.planning.scope_builder import ScopeBuilder
from gateway.planning.scopes import Demand, PlanClass, Scope
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import Option

from .availability import Availability
from .bans import Ban
from .calls import Calls, Entering
from .choices import Choices
from .given import NOTHING_GIVEN, Given
from .hidden_demands import HiddenDemands
from .known_types import KnownTypes
from .needs import Needs
from .presence import Presence
from .prices import Prices
from .standing import Standing
from .urgency import Urgency


class Growth:
    """Grows one plan."""

    def __init__(
        self,
        *,
        graph: QueryGraph,
        reach: Reach,
        builder: ScopeBuilder,
        root_graphs: frozenset[int] | None = None,
        root_demands: Sequence[Demand] | None = None,
        bans: frozenset[Ban] = frozenset(),
        given: Given = NOTHING_GIVEN,
    ) -> None:
        """``bans`` and ``given`` are what this plan is to do other than the best way."""
        self._reach = reach
        self._urgency = Urgency(reach, root_demands, given)
        self._available = Availability(
            graph, reach, root_graphs=root_graphs, bans=bans, given=given
        )
        self._presence = Presence(self._available, grower=self)
        self._hidden = HiddenDemands(builder)
        self.providers: dict[Demand, Frame] = {}
        self.decisions: dict[Demand, Option] = {}
        """How each field came to its place, with what that cost when it was given away."""

        entering: set[Entering] = set()
        prices = Prices(graph, reach, self._available)
        self._choices = Choices(
            self._available, prices, providers=self.providers, entering=entering
        )
        self._types = KnownTypes(
            self._available, prices, self._choices, grower=self, entering=entering
        )
        needs = Needs(
            graph, reach, self._available, hidden=self._hidden, types=self._types, grower=self
        )
        calls = Calls(
            graph, self._available, needs=needs, types=self._types, grower=self, entering=entering
        )
        self._standing = Standing(
            graph, reach.budget, self._available, prices=prices, choices=self._choices, calls=calls
        )

    @property
    def frames(self) -> Sequence[Frame]:
        """All frames, in the order of their numbers."""
        return self._available.frames

    @property
    def hidden_demands(self) -> Sequence[Demand]:
        """In the order in which they appeared: a parent before what is below it."""
        return self._hidden.all

    @property
    def typed_scopes(self) -> Collection[Scope]:
        """Scopes whose frames have to select ``__typename``."""
        return self._types.scopes

    @property
    def choices(self) -> Collection[Ban]:
        """Positions that were taken while there were others, in the order of their taking."""
        return self._choices.made.keys()

    def grow(self, scopes: Sequence[Scope]) -> None:
        """Meet all demands of the scopes.

        Raises:
            PlanningError: one cannot be met.
        """
        self._available.certain_roots = frozenset(self._urgency.certain_roots(scopes))
        self._meet_certain(scopes)
        self._meet_optional(scopes)
        self._learn_types(scopes)
        for scope in scopes:
            self.ensure_existence(scope)
        self._note_roots()

    def frames_at(self, scope: Scope) -> Sequence[Frame]:
        """The frames of a scope."""
        return self._available.frames_at(scope)

    def meet(self, demand: Demand) -> Frame:
        """Give a leaf to a frame; the one that it was given to, if it was before."""
        found = self.providers.get(demand)
        if found is not None:
            return found
        self._reach.budget.spend()
        home = demand.home
        options = self._available.options_of(demand)
        if not options:
            raise PlanningError(f"No subgraph can answer {home.type_name}.{demand.name} here.")
        option = self._choices.choose(home, options)
        self.decisions[demand] = option
        frame = self._standing.realise(demand, option)
        frame.select(home, demand)
        self.providers[demand] = frame
        return frame

    def stand(self, plan_class: PlanClass, position: Position) -> Frame:
        """The frame of a position, added when there is none."""
        return self._standing.stand(plan_class, position)

    def ensure_existence(self, scope: Scope) -> None:
        """Have a scope's objects at hand, though nothing may be wanted of them."""
        self._presence.ensure_existence(scope)

    # Phases

    def _meet_certain(self, scopes: Sequence[Scope]) -> None:
        """Meet the leaves that have to be met."""
        demands = self._urgency.certain_leaves(scopes)
        self._choices.expect([*demands, *self._urgency.certain_bare_fields(scopes)])
        for demand in demands:
            self.meet(demand)

    def _meet_optional(self, scopes: Sequence[Scope]) -> None:
        """Meet what is wanted of types that only some carriers return, for the carriers there are."""
        for scope in scopes:
            for plan_class in scope.all_classes():
                for demand in self._urgency.demands_of(plan_class):
                    is_open = demand.child is None and demand not in self.providers
                    if is_open and self._presence.is_present(plan_class):
                        self.meet(demand)

    def _learn_types(self, scopes: Sequence[Scope]) -> None:
        for scope in scopes:
            if not scope.needs_typename:
                continue
            self.ensure_existence(scope)
            for plan_class in scope.classes:
                if plan_class.is_visible and self._presence.is_present(plan_class):
                    self._types.know_type(plan_class)

    def _note_roots(self) -> None:
        """Count the root of a graph as a choice when all that it answers could be had from other roots."""
        for frame in self.frames:
            if frame.kind is not FrameKind.ROOT or not frame.scope.is_root:
                continue
            ((plan_class, position),) = frame.positions.items()
            options = self._available.reach_of(plan_class)
            if all(
                any(
                    option.position != position
                    for option in self._reach.options(options, demand.name)
                )
                for demands in frame.fields.values()
                for demand in demands
            ):
                self._choices.made.setdefault(Ban(frame.scope, position))
