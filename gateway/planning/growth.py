"""Growth: gives every demand to a subgraph, adding the frames that takes.

Demands that one subgraph alone can meet come first, since they have no choice; the others then find what
already stands. Each takes the cheapest way given the plan so far (``Reach``, ``Prices``), and what that way
needs in turn, keys and inputs of ``@requires``, becomes hidden demands that are met at once. A frame
depends only on frames that were there before it, so the result has no cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.errors import PlanningError
from gateway.query_graph.context_uses import Setting
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Entry, Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import CALL, NOTHING, Contexts, Option, Reached
from gateway.supergraph.model import ContextArgument, FieldSet
from gateway.supergraph.selections import Selection

from .frames import ContextInput, Frame, FrameKind, Input
from .prices import Prices
from .scope_builder import ScopeBuilder
from .scopes import Demand, PlanClass, Scope, move_key


@dataclass(frozen=True, slots=True)
class Ban:
    """A position not to stand on at a scope: how the search asks for another plan."""

    scope: Scope
    position: Position


class _Answer(NamedTuple):
    """What could be had at a class when that was worked out last."""

    start: dict[Position, int]
    reached: Reached


class Decision(NamedTuple):
    """How a field came to its place."""

    option: Option
    options: Sequence[Option]
    """All there were, with what they cost then."""


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
    ) -> None:
        self._graph = graph
        self._reach = reach
        self._builder = builder
        self._root_graphs = root_graphs
        self._root_demands = root_demands
        self._banned_positions: dict[Scope, frozenset[Position]] = {}
        for ban in bans:
            known = self._banned_positions.get(ban.scope, NOTHING)
            self._banned_positions[ban.scope] = known | {ban.position}
        self._reached: dict[PlanClass, Reached] = {}
        self._latest: dict[PlanClass, _Answer] = {}
        self._readers: dict[PlanClass, list[PlanClass]] = {}
        self._frames_at: dict[Scope, list[Frame]] = {}
        self._entering: set[tuple[PlanClass, Position, Demand | None]] = set()
        self._present: set[PlanClass] = set()
        self._certain_roots: frozenset[int] = frozenset()
        self._certain: dict[Scope, bool] = {}
        self._hidden: dict[tuple[PlanClass, str, str], list[Demand]] = {}
        self._ahead: Sequence[Demand] = ()
        self._prices = Prices(
            graph,
            reach,
            frames_at=self.frames_at,
            reach_of=self._reach_of,
            start_of=self._start_of,
            carriers_of=self._carrying_options,
        )
        self.frames: list[Frame] = []
        self.providers: dict[Demand, Frame] = {}
        self.decisions: dict[Demand, Decision] = {}
        self.hidden_demands: list[Demand] = []
        """In the order in which they appeared: a parent before what is below it."""

        self.typed_scopes: set[Scope] = set()
        """Scopes whose frames have to select ``__typename``."""

        self.choices: dict[Ban, None] = {}
        """Positions that were taken while there were others, in the order of their taking."""

    def grow(self, scopes: Sequence[Scope]) -> None:
        """Meet all demands of the scopes.

        Raises:
            PlanningError: one cannot be met.
        """
        self._certain_roots = frozenset(self._roots_of_one_graph(scopes))
        self._meet_certain(scopes)
        self._meet_optional(scopes)
        self._learn_types(scopes)
        for scope in scopes:
            self._ensure_existence(scope)
        self._note_roots()

    def frames_at(self, scope: Scope) -> Sequence[Frame]:
        """The frames of a scope."""
        return self._frames_at.get(scope, ())

    # Phases

    def _meet_certain(self, scopes: Sequence[Scope]) -> None:
        """Meet the leaves that have to be met."""
        demands = self._by_urgency(scopes)
        self._ahead = [*demands, *self._bare(scopes)]
        for demand in demands:
            self._meet(demand)

    def _by_urgency(self, scopes: Sequence[Scope]) -> list[Demand]:
        """Leaves that have to be met, those with the fewest graphs to choose from first."""
        ranked: list[tuple[int, int, int, Demand]] = []
        for scope in scopes:
            for plan_class in scope.all_classes():
                for demand in self._demands_of(plan_class):
                    if demand.child is None and self._is_certain(demand):
                        options = self._reach.options(plan_class.reached, demand.name)
                        graphs = len({option.position.graph for option in options})
                        ranked.append((graphs, scope.depth, len(ranked), demand))
        ranked.sort(key=lambda item: item[:3])
        return [demand for *_, demand in ranked]

    def _bare(self, scopes: Sequence[Scope]) -> Iterator[Demand]:
        """Composite fields that have to be met though nothing is wanted of their objects but to be there."""
        for scope in scopes:
            if not any(map(self._demands_of, scope.all_classes())):
                yield from filter(self._is_certain, scope.parents)

    def _roots_of_one_graph(self, scopes: Sequence[Scope]) -> Iterator[int]:
        """The graphs that are asked at the root whatever else is done: what they have there, no other has."""
        for scope in scopes:
            for plan_class in scope.all_classes() if scope.is_root else ():
                for demand in self._demands_of(plan_class):
                    options = self._reach.options(plan_class.reached, demand.name)
                    if len({option.position.graph for option in options}) == 1:
                        yield options[0].position.graph

    def _demands_of(self, plan_class: PlanClass) -> Sequence[Demand]:
        if plan_class.scope.is_root and self._root_demands is not None:
            return self._root_demands
        return plan_class.demands

    def _is_certain(self, demand: Demand) -> bool:
        """Whether a demand has to be met whichever carriers are chosen, here and above."""
        if demand.home.is_optional and demand.on_whole_scope:
            return False
        scope = demand.home.scope
        known = self._certain.get(scope)
        if known is None:
            known = self._certain[scope] = scope.is_root or any(
                self._is_certain(parent) for parent in scope.parents
            )
        return known

    def _meet_optional(self, scopes: Sequence[Scope]) -> None:
        """Meet what is wanted of types that only some carriers return, for the carriers there are."""
        for scope in scopes:
            for plan_class in scope.all_classes():
                for demand in self._demands_of(plan_class):
                    is_open = demand.child is None and demand not in self.providers
                    if is_open and self._is_present(plan_class):
                        self._meet(demand)

    def _is_present(self, plan_class: PlanClass) -> bool:
        """Whether objects of a class can be in the answer, given the carriers there are."""
        if plan_class in self._present:
            return True
        scope = plan_class.scope
        if scope.parents and not any(self._is_present(parent.home) for parent in scope.parents):
            return False
        if plan_class.is_optional:
            self._ensure_existence(scope)
            if not any(plan_class in frame.positions for frame in self.frames_at(scope)):
                return False
        self._present.add(plan_class)
        return True

    def _learn_types(self, scopes: Sequence[Scope]) -> None:
        for scope in scopes:
            if not scope.needs_typename:
                continue
            self._ensure_existence(scope)
            for plan_class in scope.classes:
                if plan_class.is_visible and self._is_present(plan_class):
                    self._know_type(plan_class)

    def _ensure_existence(self, scope: Scope) -> None:
        """Have the scope's objects at hand, though nothing may be wanted of them."""
        if scope.is_root or self._frames_at.get(scope) or not scope.all_classes():
            return
        if not any(self._is_present(parent.home) for parent in scope.parents):
            return
        ways = [
            (cost, index, position)
            for index, plan_class in enumerate(scope.all_classes())
            for position, cost in self._reach_of(plan_class).costs.items()
        ]
        if not ways:
            raise PlanningError(f"No subgraph can answer {scope.declared} here.")
        _, index, position = min(ways, key=lambda way: way[:2])
        self._stand(scope.all_classes()[index], position)

    def _note_roots(self) -> None:
        """Count the root of a graph as a choice when all that it answers could be had from other roots."""
        for frame in self.frames:
            if frame.kind is not FrameKind.ROOT or not frame.scope.is_root:
                continue
            ((plan_class, position),) = frame.positions.items()
            options = self._reach_of(plan_class)
            if all(
                any(
                    option.position != position
                    for option in self._reach.options(options, demand.name)
                )
                for demands in frame.fields.values()
                for demand in demands
            ):
                self.choices.setdefault(Ban(frame.scope, position))

    # Demands

    def _meet(self, demand: Demand) -> Frame:
        """Give a leaf to a frame."""
        found = self.providers.get(demand)
        if found is not None:
            return found
        self._reach.budget.spend()
        home = demand.home
        options = self._options_of(demand)
        if not options:
            raise PlanningError(f"No subgraph can answer {home.type_name}.{demand.name} here.")
        option = self._choose(home, options)
        self.decisions[demand] = Decision(option, options)
        frame = self._realise(demand, option)
        frame.select(home, demand)
        self.providers[demand] = frame
        return frame

    def _options_of(self, demand: Demand) -> Sequence[Option]:
        return self._reach.options(self._reach_of(demand.home), demand.name)

    def _choose(self, home: PlanClass, options: Sequence[Option]) -> Option:
        if len(options) == 1:
            return options[0]
        if all(option.cost for option in options):
            best = self._choose_request(home, options)
            self.choices.setdefault(Ban(home.scope, best.position))
            return best
        free = [option for option in options if not option.cost]
        if len(free) == 1:
            return free[0]
        standing = {
            frame.positions[home]
            for frame in self.frames_at(home.scope)
            if home in frame.positions and not frame.is_stage
        }
        return min(
            free,
            key=lambda option: (
                self._prices.of(home, option).wave,
                option.position not in standing,
                option.position.graph,
            ),
        )

    def _choose_request(self, home: PlanClass, options: Sequence[Option]) -> Option:
        """Choose among ways that all begin at graphs that do not have the objects yet."""
        self._look_ahead()
        if self._entering:
            # A way with more calls than another may lead through what is to be entered.
            calls = min(option.cost for option in options) // CALL
            options = [option for option in options if option.cost // CALL == calls]

        def rank(option: Option) -> tuple[int, ...]:
            price = self._prices.of(home, option)
            if not self._entering:
                price = self._prices.at_leisure(option, price)
            return (
                price.requests,
                -self._prices.worth(option, price),
                price.wave,
                option.cost,
                option.entry is not None,
                option.position.graph,
            )

        return min(options, key=rank)

    def _look_ahead(self) -> None:
        """Have prices see what is still to be met: a request may serve more than what it is chosen for."""
        ahead, self._ahead = self._ahead, ()
        for demand in ahead:
            is_met = demand in self.providers or (demand.child and self.frames_at(demand.child))
            if not is_met:
                self._prices.expect(demand.home, self._options_of(demand))

    def _realise(self, demand: Demand, option: Option) -> Frame:
        """Stand where an option is, for a field with ``@requires`` with its inputs sent."""
        if option.entry is None:
            return self._stand(demand.home, option.position)
        return self._enter(demand.home, option.entry, stage=(demand, option))

    def _reach_of(self, plan_class: PlanClass) -> Reached:
        """What can be had at a class given the frames there are."""
        known = self._reached.get(plan_class)
        if known is not None:
            return known
        self._reach.budget.spend()
        banned = self._banned_positions.get(plan_class.scope, NOTHING)
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

    def _start_of(self, plan_class: PlanClass) -> Mapping[Position, int]:
        """The positions that are at hand at a class, or that its objects can be carried to."""
        self._reach_of(plan_class)
        return self._latest[plan_class].start

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
            dict(self._reach.contexts_below(self._reach_of(parent.home), scope.declared))
            for parent in scope.parents
        )
        for other in others:
            first = {key: max(cost, other[key]) for key, cost in first.items() if key in other}
        return tuple(sorted(first.items()))

    def _starts(self, plan_class: PlanClass) -> dict[Position, int]:
        scope = plan_class.scope
        if scope.is_root:
            starts = {
                position: 0 if position.graph in self._certain_roots else CALL
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
            for option in self._carrying_options(parent):
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

    def _carrying_options(self, parent: Demand) -> Iterator[Option]:
        assert parent.child is not None  # noqa: S101 – it is the parent of a scope
        allowed = parent.child.carrier_moves
        for option in self._reach.options(self._reach_of(parent.home), parent.name):
            if move_key(option.move) in allowed:
                yield option

    # Frames

    def _stand(self, plan_class: PlanClass, position: Position) -> Frame:
        """The frame of a position, added when there is none."""
        for frame in self.frames_at(plan_class.scope):
            if frame.positions.get(plan_class) == position and not frame.is_stage:
                return frame
        if plan_class.scope.is_root:
            return self._begin_root(plan_class, position)
        entry = self._prices.entry_to(plan_class, position)
        if entry is not None:
            return self._enter(plan_class, entry)
        return self._carry(plan_class, position)

    def _begin_root(self, plan_class: PlanClass, position: Position) -> Frame:
        return self._add(
            Frame(
                number=len(self.frames),
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
            carriers = list(self._carrying_options(parent))
            options = [
                option
                for option in carriers
                if self._graph.arrive(option.move, plan_class.type_name) == position
            ]
            option = self._choose(parent.home, options)
            if option.cost and len(options) < len(carriers):
                # Carried from elsewhere, the objects might be had here by a call of their own.
                self.choices.setdefault(Ban(parent.home.scope, option.position))
            host = self._realise(parent, option)
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
            number=len(self.frames),
            kind=FrameKind.CARRIED,
            scope=scope,
            graph=option.move.graph,
            local_type=option.move.type.name,
            positions=positions,
            wave=host.wave,
        )
        return self._add(frame)

    def _enter(
        self,
        plan_class: PlanClass,
        entry: Entry,
        *,
        stage: tuple[Demand, Option] | None = None,
    ) -> Frame:
        """Begin an entity call."""
        if entry.key is None:
            return self._begin_again(plan_class, entry)
        at = (plan_class, entry.landing, stage and stage[0])
        if at in self._entering:
            # Reach proves by type, so a ban on a scope below can leave a key that only proves itself.
            raise PlanningError(f"No subgraph can be entered with {entry.typename} here.")
        self._entering.add(at)
        frame = self._begin_call(plan_class, entry, entry.key, stage)
        self._entering.remove(at)
        return frame

    def _begin_call(
        self,
        plan_class: PlanClass,
        entry: Entry,
        key: FieldSet,
        stage: tuple[Demand, Option] | None,
    ) -> Frame:
        needs: list[Frame] = []
        requires = stage[1].move.requires if stage is not None else None
        required = requires.selections if requires is not None else ()
        self._meet_forced(plan_class, (*key.selections, *required))
        inputs = self._need(plan_class, key.selections, needs, is_key=True)
        inputs += self._need(plan_class, required, needs, is_key=False)
        contexts = tuple(
            self._need_context(plan_class.scope, argument, needs)
            for argument in (stage[1].move.contexts if stage is not None else ())
        )
        classes = self._classes_sent(plan_class, entry)
        if classes:
            needs += self._know_type(plan_class)
        needs += self._know_path(plan_class.scope)
        frame = Frame(
            number=len(self.frames),
            kind=FrameKind.ENTITY,
            scope=plan_class.scope,
            graph=entry.landing.graph,
            local_type=entry.typename,
            positions=dict.fromkeys(
                classes or self._classes_entered(plan_class.scope, entry), entry.landing
            ),
            wave=1 + max((each.wave for each in needs), default=0),
            entry=entry,
            inputs=inputs,
            input_classes=classes,
            contexts=contexts,
            is_stage=stage is not None,
            needs=_distinct(needs),
        )
        return self._add(frame)

    def _begin_again(self, plan_class: PlanClass, entry: Entry) -> Frame:
        """Begin at the query root below another root."""
        self._ensure_existence(plan_class.scope)
        needs = [*self.frames_at(plan_class.scope)[:1], *self._know_path(plan_class.scope)]
        return self._add(
            Frame(
                number=len(self.frames),
                kind=FrameKind.ROOT,
                scope=plan_class.scope,
                graph=entry.landing.graph,
                local_type=plan_class.type_name,
                positions={plan_class: entry.landing},
                wave=1 + max((each.wave for each in needs), default=0),
                needs=_distinct(needs),
            )
        )

    def _classes_sent(self, plan_class: PlanClass, entry: Entry) -> tuple[PlanClass, ...]:
        """The classes an entity call is for; none when it is for every object, types unknown."""
        if plan_class.is_whole:
            return ()
        # An interface object would answer for objects of other types, too: they have to be told apart before.
        if entry.needs_typename or plan_class.knows_type or entry.landing.interface is not None:
            return (plan_class,)
        is_known = any(
            frame.tells_type and plan_class in frame.positions
            for frame in self.frames_at(plan_class.scope)
        )
        return (plan_class,) if is_known else ()

    def _classes_entered(self, scope: Scope, entry: Entry) -> list[PlanClass]:
        """The classes that a graph has when it is entered by an interface."""
        if entry.landing.interface is not None:
            return scope.all_classes()
        local = self._graph.supergraph.local_types[entry.typename][entry.landing.graph]
        return [each for each in scope.all_classes() if each.is_whole or each.type_name in local]

    def _add(self, frame: Frame) -> Frame:
        self._reach.budget.spend()
        self.frames.append(frame)
        self._frames_at.setdefault(frame.scope, []).append(frame)
        self._prices.add(frame)
        if not frame.is_stage:
            for plan_class, position in frame.positions.items():
                known = self._reached.get(plan_class)
                if known is not None and known.costs.get(position) != 0:
                    self._forget(plan_class)
        return frame

    # What a call needs

    def _meet_forced(self, home: PlanClass, selections: Sequence[Selection]) -> None:
        """Meet the leaves that one graph alone has, so that the others find it standing already."""
        if len(selections) < 2:
            return
        demands = [
            self._hidden_demand(home, selection)
            for selection in selections
            if selection.name != "__typename"
            and (selection.on is None or home.type_name in selection.on)
        ]
        for demand in demands:
            if demand.child is None:
                options = self._reach.options(self._reach_of(home), demand.name)
                if len({option.position.graph for option in options}) == 1:
                    self._meet(demand)

    def _need(
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
            demand = self._hidden_demand(home, selection)
            below: tuple[tuple[PlanClass, tuple[Input, ...]], ...] = ()
            if demand.child is not None:
                below = tuple(
                    self._need_below(demand.child, selection.selections, needs, is_key=is_key)
                )
            else:
                needs.append(self._meet(demand))
            inputs.append(Input(demand=demand, is_key=is_key, below=below))
        return tuple(inputs)

    def _need_context(
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
                    inputs = self._need(home, read, needs, is_key=False)
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
        if whole is not None and self._reach.can_obtain(self._reach_of(whole), selections):
            yield whole, self._need(whole, selections, needs, is_key=is_key)
        else:
            for plan_class in sorted(scope.classes, key=self._least_cost):
                # The first class brings a carrier; what that cannot return is not there.
                if not self.frames_at(scope) or self._is_carried(plan_class):
                    yield plan_class, self._need(plan_class, selections, needs, is_key=is_key)
                    self._ensure_existence(scope)
                    needs += self._know_type(plan_class)
        self._ensure_existence(scope)
        needs += self.frames_at(scope)[:1]

    def _least_cost(self, plan_class: PlanClass) -> int:
        return min(self._reach_of(plan_class).costs.values(), default=1 << 30)

    def _is_carried(self, plan_class: PlanClass) -> bool:
        return any(
            plan_class in frame.positions and frame.kind is FrameKind.CARRIED
            for frame in self.frames_at(plan_class.scope)
        )

    def _hidden_demand(self, home: PlanClass, selection: Selection) -> Demand:
        """A demand equal to what the client wants, or to an earlier hidden one, or a new one."""
        is_composite = bool(selection.selections)
        known = self._hidden.setdefault((home, selection.name, selection.arguments), [])
        wanted = [
            demand
            for demand in home.demands
            if demand.name == selection.name and demand.arguments == selection.arguments
        ]
        for demand in (*wanted, *known):
            if not is_composite or _fits(demand.child, selection.selections):
                return demand
        demand = self._builder.hidden_demand(home, selection)
        # A field whose objects fall into other classes is fetched beside the first, not with it.
        demand.shares_key = not (is_composite and (wanted or known))
        known.append(demand)
        self.hidden_demands.append(demand)
        if is_composite:
            demand.child = self._builder.build_hidden(demand, selection.selections)
        return demand

    def _know_type(self, plan_class: PlanClass) -> list[Frame]:
        """Have ``__typename`` read at a class's objects; returns the frame that does."""
        if plan_class.knows_type:
            return []
        scope = plan_class.scope
        self.typed_scopes.add(scope)
        for frame in self.frames_at(scope):
            if frame.tells_type and plan_class in frame.positions:
                return [frame]
        costs = self._reach_of(plan_class).costs
        telling = [position for position in costs if position.interface is None]
        telling.sort(key=costs.__getitem__)
        if telling and costs[telling[0]] and not self._entering:
            self._look_ahead()
            telling.sort(key=lambda position: self._prices.of_position(plan_class, position))
        for position in telling:
            frame = self._stand(plan_class, position)
            if frame.tells_type:
                return [frame]
        raise PlanningError(f"No subgraph can tell the type of {scope.declared} here.")

    def _know_path(self, scope: Scope) -> list[Frame]:
        """Have the types read by which the objects of a scope are found."""
        needs: list[Frame] = []
        while scope.parents:
            above = scope.parents[0].home.scope
            if is_partial(scope):
                for parent in scope.parents:
                    needs += self._know_type(parent.home)
            scope = above
        return needs


def is_partial(scope: Scope) -> bool:
    """Whether a scope is below only some of the types that its parent scope can return."""
    if any(parent.home.is_whole for parent in scope.parents):
        return False
    types = {name for parent in scope.parents for name in parent.home.types}
    return not types >= scope.parents[0].home.scope.returned_types


def _fits(scope: Scope | None, selections: Sequence[Selection]) -> bool:
    """Whether each class of a scope is wholly inside or outside each type condition."""
    if scope is None:
        return False
    for selection in selections:
        if selection.on is not None:
            for plan_class in scope.classes:
                inside = selection.on.issuperset(plan_class.types)
                if not inside and not selection.on.isdisjoint(plan_class.types):
                    return False
    return True


def _distinct(frames: Iterable[Frame]) -> list[Frame]:
    return list(dict.fromkeys(frames))
