"""A fixpoint in the making: what is reached so far, and which ways in are worth another try.

A way is tried again only when something that it reads has changed, so that a chain of ``@requires`` is
proven link by link and not from its start at every link.
"""

from __future__ import annotations

from .graph import QueryGraph
from .positions import Position, Way
from .reached import CALL, Option, Question, Reached


class Closure:
    """Grows what is reached at objects of one type."""

    def __init__(self, graph: QueryGraph, at: Question, former: Reached | None = None) -> None:
        """``former`` is what was reached before some positions came to cost less, from which to go on."""
        self._graph = graph
        self._without = at.without
        self._knows_type = at.knows_type
        self._ways = graph.ways(at.type_name)
        self._costs: dict[Position, int] = {}
        for position, cost in at.start:
            self._costs[position] = min(cost, self._costs.get(position, cost))
        self._staged: dict[str, dict[Position, Option]] = {}
        self._stale = set(range(len(self._ways.all)))
        self._doubtful: set[int] = set()
        self._changed_positions: dict[Position, None] = {}
        self._changed_fields: dict[str, None] = {}
        self.key_costs: dict[str, tuple[int | None, int]] = {}
        """What reading a key costs and where its proof was cut, until something it reads changes."""

        self.reached = Reached(
            at.type_name, self._costs, {}, {}, self._typename_cost(), at.contexts
        )
        """So far: it changes as ways are taken."""

        if former is not None:
            self._go_on_from(former)

    def _go_on_from(self, former: Reached) -> None:
        """Begin with what was reached before, unless it bears on fields with ``@requires``.

        Those form chains, which are proven once from their start, but link by link over and over when all of
        their links change at once.
        """
        start = dict(self._costs)
        cheaper = {at for at, cost in start.items() if former.costs.get(at, cost + 1) > cost}
        self._costs.update((at, cost) for at, cost in former.costs.items() if at not in cheaper)
        self._changed_positions = dict.fromkeys(cheaper)
        reached = self.reached
        self.reached = Reached(
            reached.type_name,
            self._costs,
            {at: entry for at, entry in former.entries.items() if at not in cheaper},
            dict(former.staged),
            former.typename_cost,
            reached.contexts,
        )
        self._staged = {
            field: {option.position: option for option in options}
            for field, options in former.staged.items()
        }
        self._spread_changes()
        if any(self._ways.all[number].field is not None for number in self._stale):
            self._costs.clear()
            self._costs.update(start)
            self._staged = {}
            self._stale = set(range(len(self._ways.all)))
            self.reached = reached

    def next_round(self) -> list[tuple[int, Way]]:
        """The ways to try now, with their numbers; none when all is settled."""
        self._spread_changes()
        ways = self._ways.all
        stale = sorted(self._stale)
        self._stale.clear()
        return [(number, ways[number]) for number in stale if self._may_help(ways[number])]

    def doubt(self, number: int) -> None:
        """Note that a way was judged by an unfinished proof: any change may change the verdict."""
        self._doubtful.add(number)

    def take(self, way: Way, cost: int, call: int) -> bool:
        """Take a way if it is the cheapest so far; returns whether it is.

        Of keys for a field whose inputs cost more than any of them, the one that costs least counts.
        """
        landing = way.entry.landing
        if way.move is not None and way.field is not None:
            options = self._staged.setdefault(way.field, {})
            known = options.get(landing)
            if known is not None and (known.cost, known.call) <= (cost, call):
                return False
            options[landing] = Option(landing, cost, way.move, way.entry, call)
            self.reached.staged[way.field] = tuple(options.values())
            self._changed_fields[way.field] = None
            return True
        if self._costs.get(landing, cost + 1) <= cost:
            return False
        self._costs[landing] = cost
        self.reached.entries[landing] = way.entry
        self._changed_positions[landing] = None
        return True

    def settle(self) -> Reached:
        """What is reached when no way is left to try."""
        reached = self.reached
        return Reached(
            reached.type_name, reached.costs, reached.entries, reached.staged,
            reached.typename_cost, reached.contexts, options={},
        )  # fmt: skip

    def _may_help(self, way: Way) -> bool:
        landing, key = way.entry.landing, way.entry.key
        if landing in self._without:
            return False
        # No entry costs less than a call and the fields to send.
        least = CALL + (0 if key is None else len(key.selections))
        if way.field is None:
            return self._costs.get(landing, least + 1) > least
        known = self._staged.get(way.field, {}).get(landing)
        if known is None or way.move is None or known.call > least:
            return True
        required = way.move.requires
        return known.cost > max(least, CALL + (0 if required is None else len(required.selections)))

    def _spread_changes(self) -> None:
        if not self._changed_positions and not self._changed_fields:
            return
        type_name = self.reached.type_name
        changed = self._changed_fields
        for field in self._ways.readers:
            if field not in changed:
                for position in self._changed_positions:
                    move = self._graph.move(type_name, position, field)
                    if move is not None and not move.is_staged:
                        changed[field] = None
                        break
        typename_cost = self._typename_cost()
        if typename_cost != self.reached.typename_cost:
            changed["__typename"] = None
            reached = self.reached
            self.reached = Reached(
                type_name, reached.costs, reached.entries, reached.staged, typename_cost,
                reached.contexts,
            )  # fmt: skip
        self._stale = {
            number for field in changed for number in self._ways.readers.get(field, ())
        } | self._doubtful
        for number in self._stale:
            key = self._ways.all[number].entry.key
            if key is not None:
                self.key_costs.pop(key.text, None)
        self._changed_positions = {}
        self._changed_fields = {}

    def _typename_cost(self) -> int | None:
        if self._knows_type:
            return 0
        return min(
            (cost for position, cost in self._costs.items() if position.interface is None),
            default=None,
        )
