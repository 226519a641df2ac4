"""Chooses where a field is taken from: for nothing where that can be, else by what the plan asks anyway."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from gateway.planning.frames import Frame
from gateway.planning.scopes import Demand, PlanClass
from gateway.query_graph.reached import CALL, Option

from .availability import Availability
from .bans import Ban
from .prices import Prices


class Choices:
    """The choices of one plan."""

    def __init__(
        self,
        available: Availability,
        prices: Prices,
        *,
        providers: Mapping[Demand, Frame],
        entering: Collection[object],
    ) -> None:
        """``providers`` are what was met so far, ``entering`` the entity calls in the making."""
        self._available = available
        self._prices = prices
        self._providers = providers
        self._entering = entering
        self._ahead: Sequence[Demand] = ()
        self.made: dict[Ban, None] = {}
        """Positions that were taken while there were others, in the order of their taking."""

    def expect(self, demands: Sequence[Demand]) -> None:
        """Note what will have to be met."""
        self._ahead = demands

    def look_ahead(self) -> None:
        """Have prices see what is still to be met: a request may serve more than what it is chosen for."""
        ahead, self._ahead = self._ahead, ()
        for demand in ahead:
            is_met = demand in self._providers or (
                demand.child and self._available.frames_at(demand.child)
            )
            if not is_met:
                self._prices.expect(demand.home, self._available.options_of(demand))

    def choose(self, home: PlanClass, options: Sequence[Option]) -> Option:
        """Choose one of several ways to have a field."""
        if len(options) == 1:
            return options[0]
        if all(option.cost for option in options):
            best = self._choose_request(home, options)
            self.made.setdefault(Ban(home.scope, best.position))
            return best
        free = [option for option in options if not option.cost]
        if len(free) == 1:
            return free[0]
        standing = {
            frame.positions[home]
            for frame in self._available.frames_at(home.scope)
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
        self.look_ahead()
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
