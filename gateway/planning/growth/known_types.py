"""Has runtime types read where a plan depends on them."""

from __future__ import annotations

from collections.abc import Collection

from gateway.errors import PlanningError
from gateway.planning.frames import Frame
from gateway.planning.scopes import PlanClass, Scope

from .availability import Availability
from .choices import Choices
from .grower import Grower
from .prices import Prices


class KnownTypes:
    """Where one plan reads runtime types."""

    def __init__(
        self,
        available: Availability,
        prices: Prices,
        choices: Choices,
        *,
        grower: Grower,
        entering: Collection[object],
    ) -> None:
        """``entering`` are the entity calls in the making."""
        self._available = available
        self._prices = prices
        self._choices = choices
        self._grower = grower
        self._entering = entering
        self.scopes: set[Scope] = set()
        """Scopes whose frames have to select ``__typename``."""

    def know_type(self, plan_class: PlanClass) -> list[Frame]:
        """Have ``__typename`` read at a class's objects; returns the frame that does."""
        if plan_class.knows_type:
            return []
        scope = plan_class.scope
        self.scopes.add(scope)
        known = self.telling_frames(plan_class)
        if known:
            return [min(known, key=lambda frame: frame.wave)]
        costs = self._available.reach_of(plan_class).costs
        telling = [position for position in costs if position.interface is None]
        telling.sort(key=costs.__getitem__)
        if telling and costs[telling[0]] and not self._entering:
            self._choices.look_ahead()
            telling.sort(key=lambda position: self._prices.of_position(plan_class, position))
        for position in telling:
            frame = self._grower.stand(plan_class, position)
            if frame.tells_type:
                return [frame]
        raise PlanningError(f"No subgraph can tell the type of {scope.declared} here.")

    def telling_frames(self, plan_class: PlanClass) -> list[Frame]:
        """The frames that tell the type of a class's objects, or will once they are asked to."""
        return [
            frame
            for frame in self._available.frames_at(plan_class.scope)
            if frame.tells_type and plan_class in frame.positions
        ]

    def know_path(self, scope: Scope) -> list[Frame]:
        """Have the types read by which the objects of a scope are found."""
        needs: list[Frame] = []
        while scope.parents:
            above = scope.parents[0].home.scope
            if scope.is_partial:
                for parent in scope.parents:
                    needs += self.know_type(parent.home)
            scope = above
        return needs
