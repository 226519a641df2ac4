"""What the parts of growth ask of the whole: to meet a demand, which may take frames and demands in turn."""

from __future__ import annotations

from typing import Protocol

from gateway.planning.frames import Frame
from gateway.planning.scopes import Demand, PlanClass, Scope
from gateway.query_graph.positions import Position


class Grower(Protocol):
    """A plan that grows."""

    def meet(self, demand: Demand) -> Frame:
        """Give a leaf to a frame; the one that it was given to, if it was before."""

    def stand(self, plan_class: PlanClass, position: Position) -> Frame:
        """The frame of a position, added when there is none."""

    def ensure_existence(self, scope: Scope) -> None:
        """Have a scope's objects at hand, though nothing may be wanted of them."""
