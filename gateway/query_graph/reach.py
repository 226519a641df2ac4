"""Reach: from some positions at an object, which others can be had, by which entries, at what cost.

A least fixpoint over entity calls: an entry is usable once its key can be read from positions already
reached, and a field with ``@requires`` once its inputs can. Costs only order alternatives: an entity
call costs ``CALL``, a key field 1. Because a call always costs more than what feeds it, whoever
follows the cheapest way never runs in a circle.

What a field takes from a context has to be readable at the nearest object above that sets it. So every
question says what can be had from above, and ``contexts_below`` what it is for the objects underneath.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.supergraph.model import ContextArgument, ContextKey
from gateway.supergraph.selections import Selection
from gateway.supergraph.type_kinds import TypeKind

from .budget import Budget
from .closure import Closure
from .context_uses import Setting
from .graph import QueryGraph
from .positions import Entry, Move, Position, Way
from .reached import CALL, NOTHING, Contexts, Option, Question, Reached

_MEMO_LIMIT = 20_000
_UNCUT = 1 << 30


class Reach:
    """Answers questions of one planning or one proof, under one budget; the memo is the graph's."""

    def __init__(self, graph: QueryGraph, budget: Budget) -> None:
        self.graph = graph
        self.budget = budget
        self._active: dict[Question, tuple[int, Closure]] = {}
        self._leant_on: set[int] = set()
        self._provisional: dict[Question, tuple[Reached, int]] = {}
        self._cut = _UNCUT
        self._providing: set[tuple[int, ContextKey]] = set()

    def from_positions(
        self,
        type_name: str,
        start: Iterable[tuple[Position, int]],
        *,
        knows_type: bool,
        without: frozenset[Position] = NOTHING,
        contexts: Contexts = (),
        former: Reached | None = None,
    ) -> Reached:
        """Everything reachable at objects of ``type_name``.

        ``type_name`` is an object type, or an interface standing for all its implementations.
        ``knows_type`` says that the runtime type is known whatever the positions are, as it is where
        the schema declares an object type. Positions in ``without`` are not entered.
        ``contexts`` is what ``contexts_below`` said of the objects above. ``former`` is the answer to the same
        question when no start cost less than now: only what that changes is worked out.
        """
        at = Question(
            type_name, knows_type, tuple(sorted(start, key=_start_order)), without, contexts
        )
        found = self.graph.memo.get(at)
        if found is not None:
            return found
        active = self._active.get(at)
        if active is not None:
            # Asked for its own sake: what is proven so far counts, and the proof goes round again.
            depth, closure = active
            self._cut = min(self._cut, depth)
            self._leant_on.add(depth)
            return closure.reached
        known = self._provisional.get(at)
        if known is not None:
            found, cut = known
            self._cut = min(self._cut, cut)
            return found
        return self._prove(at, former)

    def _prove(self, at: Question, former: Reached | None) -> Reached:
        depth = len(self._active)
        outer_cut, self._cut = self._cut, _UNCUT
        found = self._close(at, depth, former)
        del self._active[at]
        if depth in self._leant_on:
            # Answers that leant on this proof in the making do not hold outside it.
            self._leant_on.remove(depth)
            self._provisional.clear()
        if self._cut >= depth:
            # Nothing outside this question was cut short, so the answer holds anywhere.
            if len(self.graph.memo) >= _MEMO_LIMIT:
                self.graph.memo.clear()
            self.graph.memo[at] = found
            self._cut = outer_cut
        else:
            # It leans on a proof in the making, and holds as long as that stands still.
            self._provisional[at] = (found, self._cut)
            self._cut = min(outer_cut, self._cut)
        return found

    def options(self, reached: Reached, field: str) -> Sequence[Option]:
        """All ways to have a field of the objects reached, in no particular order."""
        if reached.options is None:
            return self._find_options(reached, field)
        known = reached.options.get(field)
        if known is None:
            known = reached.options[field] = tuple(self._find_options(reached, field))
        return known

    def _find_options(self, reached: Reached, field: str) -> list[Option]:
        found = list(reached.staged.get(field, ()))
        move = self.graph.move
        for position, cost in reached.costs.items():
            step = move(reached.type_name, position, field)
            if step is not None and not step.is_staged:
                found.append(Option(position, cost, step))
        return found

    def arrivals(self, options: Iterable[Option], type_name: str) -> dict[Position, int]:
        """Where a field's objects of one type stand after any of several options."""
        found: dict[Position, int] = {}
        for option in options:
            position = self.graph.arrive(option.move, type_name)
            if position is not None:
                found[position] = min(option.cost, found.get(position, option.cost))
        return found

    def can_obtain(self, reached: Reached, selections: Sequence[Selection]) -> bool:
        """Whether a field set can be read from what was reached."""
        return self._obtain(reached, selections) is not None

    def contexts_below(self, reached: Reached, type_name: str) -> Contexts:
        """What fields of ``type_name``, and below, can take from the objects reached or from above them.

        The nearest object that sets a context counts: where it has no value to give, those further up
        have none either.
        """
        uses = self.graph.contexts
        if not uses.values:
            return ()
        needed = uses.needed_below(type_name)
        inherited = dict(reached.contexts)
        found: dict[ContextKey, int] = {}
        for value in uses.values:
            if value.key not in needed:
                continue
            match uses.setting(value, reached.type_name):
                case Setting.SET:
                    cost = self._provide(reached, value)
                    if cost is not None:
                        found[value.key] = cost
                case Setting.UNSET:
                    if value.key in inherited:
                        found[value.key] = inherited[value.key]
                case Setting.MIXED:
                    pass
        return tuple(sorted(found.items()))

    def _provide(self, reached: Reached, value: ContextArgument) -> int | None:
        """What reading a context's value of the objects reached costs."""
        at = (id(reached), value.key)
        if at in self._providing or not value.gives(reached.type_name):
            return None
        selection = value.selections[reached.type_name]
        if selection is None:
            return 0
        self._providing.add(at)
        cost = self._obtain(reached, (selection,))
        self._providing.remove(at)
        return cost

    # The fixpoint

    def _at_hand(self, at: Question) -> Reached:
        type_name, knows_type, start, _, contexts = at
        costs: dict[Position, int] = {}
        for position, cost in start:
            costs[position] = min(cost, costs.get(position, cost))
        return Reached(
            type_name, costs, {}, {}, _typename_cost(costs, knows_type=knows_type), contexts
        )

    def _close(self, at: Question, depth: int, former: Reached | None) -> Reached:
        closure = Closure(self.graph, at, former)
        self._active[at] = (depth, closure)
        if not closure.reached.costs:
            return closure.settle()
        while ways := closure.next_round():
            for number, way in ways:
                outer_cut, self._cut = self._cut, _UNCUT
                found = self._way_cost(closure, way)
                if self._cut < _UNCUT:
                    closure.doubt(number)
                self._cut = min(outer_cut, self._cut)
                if found is not None and closure.take(way, *found):
                    self._provisional.clear()
        return closure.settle()

    def _way_cost(self, closure: Closure, way: Way) -> tuple[int, int] | None:
        """What a way costs, and what entering without the inputs of a field would."""
        self.budget.spend()
        call = self._entry_cost(closure, way.entry)
        if call is None:
            return None
        if way.move is None:
            return call, call
        inputs = self._context_cost(closure.reached, way.move)
        if inputs is not None and way.move.requires is not None:
            required = self._obtain(closure.reached, way.move.requires.selections)
            inputs = None if required is None else max(inputs, required)
        return None if inputs is None else (max(inputs + CALL, call), call)

    def _context_cost(self, reached: Reached, move: Move) -> int | None:
        if not move.contexts:
            return 0
        costs = dict(reached.contexts)
        if any(argument.key not in costs for argument in move.contexts):
            return None
        return max(costs[argument.key] for argument in move.contexts)

    def _entry_cost(self, closure: Closure, entry: Entry) -> int | None:
        reached = closure.reached
        if entry.key is None:
            # The object that the root begins again at has to be there.
            return CALL + min(reached.costs.values())
        known = closure.key_costs.get(entry.key.text)
        if known is None:
            key = self._obtain(reached, entry.key.selections)
            closure.key_costs[entry.key.text] = (key, self._cut)
        else:
            key, cut = known
            self._cut = min(self._cut, cut)
        if key is None:
            return None
        if not entry.needs_typename:
            return key + CALL
        if reached.typename_cost is None:
            return None
        # Whoever can say the type usually also has the key, so this is no sum.
        return max(key, reached.typename_cost) + CALL

    # Field sets

    def _obtain(self, reached: Reached, selections: Sequence[Selection]) -> int | None:
        """What reading a field set costs: its distinct sources, and 1 for each field."""
        sources: dict[Position | str, int] = {}
        for selection in selections:
            if selection.on is not None and reached.type_name not in selection.on:
                if self._is_interface(reached.type_name):
                    return None
                continue
            if selection.name == "__typename":
                if reached.typename_cost is None:
                    return None
                continue
            options = self.options(reached, selection.name)
            if not options:
                return None
            if selection.selections:
                cost = self._obtain_below(reached, selection, options)
                if cost is None:
                    return None
                sources[selection.name] = cost
            else:
                best = min(
                    options, key=lambda option: 0 if option.position in sources else option.cost
                )
                sources[best.position] = best.cost
        return sum(sources.values()) + len(selections)

    def _obtain_below(
        self, reached: Reached, selection: Selection, options: Sequence[Option]
    ) -> int | None:
        supergraph = self.graph.supergraph
        named = supergraph.types[reached.type_name].fields[selection.name].type.name
        definition = supergraph.types[named]
        contexts = self.contexts_below(reached, named)
        if definition.interface_object_graphs:
            whole = self._obtain_at(named, named, selection, options, contexts)
            if whole is not None:
                return whole
        worst: int | None = None
        for possible in supergraph.possible_types[named]:
            if not self.arrivals(options, possible):
                continue
            cost = self._obtain_at(possible, named, selection, options, contexts)
            if cost is None:
                return None
            worst = cost if worst is None else max(worst, cost)
        return worst

    def _obtain_at(
        self,
        type_name: str,
        declared: str,
        selection: Selection,
        options: Sequence[Option],
        contexts: Contexts,
    ) -> int | None:
        start = self.arrivals(options, type_name)
        if not start:
            return None
        knows_type = type_name == declared and not self._is_interface(type_name)
        # Asked relative to the cheapest arrival, so that the same question is known again further down.
        base = min(start.values())
        relative = tuple((position, cost - base) for position, cost in start.items())
        above = tuple((key, max(0, cost - base)) for key, cost in contexts)
        direct = self._at_hand(Question(type_name, knows_type, relative, NOTHING, above))
        cost = self._obtain(direct, selection.selections)
        if cost is None or cost > CALL:
            # What costs more than a call may be had for less from elsewhere.
            reached = self.from_positions(
                type_name, relative, knows_type=knows_type, contexts=above
            )
            cost = self._obtain(reached, selection.selections)
        return None if cost is None else cost + base

    def _is_interface(self, type_name: str) -> bool:
        return self.graph.supergraph.types[type_name].kind is TypeKind.INTERFACE


def _start_order(item: tuple[Position, int]) -> tuple[int, int, str, int]:
    (graph, view, interface), cost = item
    return graph, view, interface or "", cost


def _typename_cost(costs: Mapping[Position, int], *, knows_type: bool) -> int | None:
    if knows_type:
        return 0
    return min(
        (cost for position, cost in costs.items() if position.interface is None), default=None
    )
