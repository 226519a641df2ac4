"""Which objects are in the answer, and that they are there at all."""

from __future__ import annotations

from gateway.errors import PlanningError
from gateway.planning.scopes import PlanClass, Scope

from .availability import Availability
from .grower import Grower


class Presence:
    """What is there in the answer of one plan."""

    def __init__(self, available: Availability, grower: Grower) -> None:
        self._available = available
        self._grower = grower
        self._found: set[PlanClass] = set()

    def is_present(self, plan_class: PlanClass) -> bool:
        """Whether objects of a class can be in the answer, given the carriers there are."""
        if plan_class in self._found:
            return True
        scope = plan_class.scope
        if scope.parents and not any(self.is_present(parent.home) for parent in scope.parents):
            return False
        if plan_class.is_optional:
            self.ensure_existence(scope)
            if not any(plan_class in frame.positions for frame in self._available.frames_at(scope)):
                return False
        self._found.add(plan_class)
        return True

    def ensure_existence(self, scope: Scope) -> None:
        """Have the scope's objects at hand, though nothing may be wanted of them."""
        if scope.is_root or self._available.frames_at(scope) or not scope.all_classes():
            return
        if not any(self.is_present(parent.home) for parent in scope.parents):
            return
        ways = [
            (cost, index, position)
            for index, plan_class in enumerate(scope.all_classes())
            for position, cost in self._available.reach_of(plan_class).costs.items()
        ]
        if not ways:
            raise PlanningError(f"No subgraph can answer {scope.declared} here.")
        _, index, position = min(ways, key=lambda way: way[:2])
        self._grower.stand(scope.all_classes()[index], position)
