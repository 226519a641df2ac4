"""Prices: what a way to have a field takes beside what the plan asks already, and what else it could serve.

Requests to one graph in one wave are sent as one. So a call to a graph that is called in that wave anyway is free,
wherever in the answer; and of two graphs that are not, the one that more fields could be had from is worth more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from gateway.planning.frames import Frame, FrameKind
from gateway.planning.scopes import PlanClass
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Entry, Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import CALL, Option, Reached
from gateway.supergraph.selections import Selection

from .availability import Availability

RequestAt: TypeAlias = tuple[int, int]
"""A graph, and the wave in which it is asked."""


class Price(NamedTuple):
    """What a way takes; the cheaper of two is the lesser."""

    requests: int
    """Those that the plan does not have yet."""

    wave: int
    """When the field is there."""


_IN_A_CIRCLE = Price(1 << 20, 0)


class Prices:
    """Prices of the ways to go on from a plan that grows."""

    def __init__(self, graph: QueryGraph, reach: Reach, available: Availability) -> None:
        self._graph = graph
        self._reach = reach
        self._available = available
        self._asked: set[RequestAt] = set()
        self._known: dict[tuple[PlanClass, Position, Entry | None], Price] = {}
        self._open: dict[frozenset[RequestAt], None] = {}
        """For each kind of fields still to be met, the requests that could bring them."""

    def of(self, home: PlanClass, option: Option) -> Price:
        """The price of a field."""
        if option.entry is None:
            return self._at(home, option.position)
        requires = option.move.requires
        return self.of_entry(home, option.entry, requires.selections if requires else ())

    def at_leisure(self, option: Option, price: Price) -> Price:
        """The price of a field that nothing waits for: it may come with a later request to the same graph."""
        later = [
            wave
            for graph, wave in self._asked
            if graph == option.position.graph and wave > price.wave
        ]
        if price.requests and price.wave and later:
            return Price(price.requests - 1, min(later))
        return price

    def of_position(self, home: PlanClass, position: Position) -> Price:
        """The price of having objects in a graph."""
        return self._at(home, position)

    def entry_to(self, home: PlanClass, position: Position) -> Entry | None:
        """The best way into a position: an entry, or none to have the objects carried there."""
        ways = self._ways_to(home, position)
        if len(ways) == 1:
            return ways[0]
        # Where the objects are nowhere yet, a call above brings them with fewer keys, and often of fewer objects.
        is_new = not self._available.frames_at(home.scope)
        return min(
            ways,
            key=lambda entry: (self._of_way(home, position, entry), is_new and entry is not None),
        )

    def _ways_to(self, home: PlanClass, position: Position) -> list[Entry | None]:
        """The ways into a position that take as many calls as the one that ``Reach`` found."""
        reached = self._available.reach_of(home)
        if not reached.costs[position]:
            return [None]
        taken = reached.entries.get(position)
        ways: list[Entry | None] = [taken]
        ways += [
            entry
            for entry in self._graph.entries_to(home.type_name, position)
            if entry is not taken
            and (entry.typename == taken.typename if taken is not None else home.knows_type)
            and self._is_at_hand(reached, entry)
        ]
        if taken is None:
            return ways
        carried = self._available.start_of(home).get(position)
        if carried is not None and carried // CALL == reached.costs[position] // CALL:
            ways.append(None)
        return ways

    def _is_at_hand(self, reached: Reached, entry: Entry) -> bool:
        """Whether all fields of an entry's key are there, or come along with what is."""
        return entry.key is not None and all(
            selection.name == "__typename"
            or any(not each.cost for each in self._reach.options(reached, selection.name))
            for selection in entry.key.selections
        )

    def _of_way(self, home: PlanClass, position: Position, entry: Entry | None) -> Price:
        return self._carry(home, position) if entry is None else self.of_entry(home, entry)

    def worth(self, option: Option, price: Price) -> int:
        """How many kinds of fields that are still to be met the same request could bring."""
        request = (option.position.graph, price.wave)
        return sum(request in requests for requests in self._open)

    def expect(self, home: PlanClass, options: Iterable[Option]) -> None:
        """Note that a field is to be met by one of several ways."""
        prices = [(option.position.graph, self.of(home, option)) for option in options]
        if not prices or any(price.requests == 0 for _, price in prices):
            return
        requests = frozenset((graph, price.wave) for graph, price in prices)
        if len({graph for graph, _ in requests}) == 1:
            # Whatever else is done, this graph will be asked.
            self._asked.add(min(requests))
            self._known.clear()
        else:
            self._open[requests] = None

    def add(self, frame: Frame) -> None:
        """Note that a frame has been added to the plan."""
        self._known.clear()
        if frame.kind is FrameKind.CARRIED:
            return
        request = (frame.graph, frame.wave)
        if frame.kind is FrameKind.ENTITY:
            self._asked.add(request)
        self._open = {each: None for each in self._open if request not in each}

    def _at(self, home: PlanClass, position: Position) -> Price:
        at = (home, position, None)
        known = self._known.get(at)
        if known is None:
            self._known[at] = _IN_A_CIRCLE
            known = self._known[at] = self._find(home, position)
        return known

    def _find(self, home: PlanClass, position: Position) -> Price:
        for frame in self._available.frames_at(home.scope):
            if not frame.is_stage and frame.positions.get(home) == position:
                return Price(0, frame.wave)
        reached = self._available.reach_of(home)
        if home.scope.is_root:
            is_asked = reached.costs[position] == 0 or (position.graph, 0) in self._asked
            return Price(int(not is_asked), 0)
        return min(self._of_way(home, position, entry) for entry in self._ways_to(home, position))

    def _carry(self, home: PlanClass, position: Position) -> Price:
        requests = wave = 0
        for parent in home.scope.parents:
            price = min(
                self.of(parent.home, option)
                for option in self._available.carrying_options(parent)
                if self._graph.arrive(option.move, home.type_name) == position
            )
            requests, wave = requests + price.requests, max(wave, price.wave)
        return Price(requests, wave)

    def of_entry(self, home: PlanClass, entry: Entry, required: Sequence[Selection] = ()) -> Price:
        """The price of a call, with more fields to send besides those of the key."""
        wave = min((frame.wave for frame in self._available.frames_at(home.scope)), default=0)
        requests = 0
        sources: dict[Position, None] = {}
        for selection in (*(entry.key.selections if entry.key else ()), *required):
            found = self._source(home, selection, sources)
            if found is None:
                continue
            position, price = found
            if position not in sources:
                sources[position] = None
                requests += price.requests
            wave = max(wave, price.wave)
        wave += 1
        return Price(requests + ((entry.landing.graph, wave) not in self._asked), wave)

    def _source(
        self, home: PlanClass, selection: Selection, sources: Iterable[Position]
    ) -> tuple[Position, Price] | None:
        """Where a field of a key is read, and what that takes."""
        if selection.name == "__typename" or (
            selection.on is not None and home.type_name not in selection.on
        ):
            return None
        options = self._reach.options(self._available.reach_of(home), selection.name)
        cheapest = min(option.cost for option in options) // CALL
        # Whoever takes more calls may do so by way of what is to be entered.
        return min(
            (
                (option.position, self.of(home, option))
                for option in options
                if option.cost // CALL == cheapest
            ),
            key=lambda found: (found[0] not in sources, found[1]),
        )
