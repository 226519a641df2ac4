"""Begins calls: entity calls with what they need, and the query root below another root."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from gateway.errors import PlanningError
from gateway.planning.frames import Frame, FrameKind
from gateway.planning.scopes import Demand, PlanClass, Scope
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Entry, Position
from gateway.query_graph.reached import Option
from gateway.supergraph.model import FieldSet

from .availability import Availability
from .grower import Grower
from .known_types import KnownTypes
from .needs import Needs

Entering: TypeAlias = tuple[PlanClass, Position, Demand | None]
"""An entity call in the making: whose objects, to where, and for which field with ``@requires``."""


class Calls:
    """Begins the calls of one plan; whoever asks for one adds its frame to the plan."""

    def __init__(
        self,
        graph: QueryGraph,
        available: Availability,
        *,
        needs: Needs,
        types: KnownTypes,
        grower: Grower,
        entering: set[Entering],
    ) -> None:
        self._graph = graph
        self._available = available
        self._needs = needs
        self._types = types
        self._grower = grower
        self._entering = entering

    def enter(
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
        self._needs.meet_forced(plan_class, (*key.selections, *required))
        inputs = self._needs.need(plan_class, key.selections, needs, is_key=True)
        inputs += self._needs.need(plan_class, required, needs, is_key=False)
        contexts = tuple(
            self._needs.need_context(plan_class.scope, argument, needs)
            for argument in (stage[1].move.contexts if stage is not None else ())
        )
        needs += self._types.know_path(plan_class.scope)
        classes = self._classes_sent(plan_class, entry, since=_last_wave(needs))
        if classes:
            needs += self._types.know_type(plan_class)
        return Frame(
            number=len(self._available.frames),
            kind=FrameKind.ENTITY,
            scope=plan_class.scope,
            graph=entry.landing.graph,
            local_type=entry.typename,
            positions=dict.fromkeys(
                classes or self._classes_entered(plan_class.scope, entry), entry.landing
            ),
            wave=1 + _last_wave(needs),
            entry=entry,
            inputs=inputs,
            input_classes=classes,
            contexts=contexts,
            is_stage=stage is not None,
            needs=_distinct(needs),
        )

    def _begin_again(self, plan_class: PlanClass, entry: Entry) -> Frame:
        """Begin at the query root below another root."""
        self._grower.ensure_existence(plan_class.scope)
        needs = [
            *self._available.frames_at(plan_class.scope)[:1],
            *self._types.know_path(plan_class.scope),
        ]
        return Frame(
            number=len(self._available.frames),
            kind=FrameKind.ROOT,
            scope=plan_class.scope,
            graph=entry.landing.graph,
            local_type=plan_class.type_name,
            positions={plan_class: entry.landing},
            wave=1 + _last_wave(needs),
            needs=_distinct(needs),
        )

    def _classes_sent(
        self, plan_class: PlanClass, entry: Entry, *, since: int
    ) -> tuple[PlanClass, ...]:
        """The classes an entity call is for; none when it is for every object, types unknown.

        Where types need not be known they are not waited for: ``since`` is the wave after which the call can be made.
        """
        if plan_class.is_whole:
            return ()
        # An interface object would answer for objects of other types, too: they have to be told apart before.
        if entry.needs_typename or plan_class.knows_type or entry.landing.interface is not None:
            return (plan_class,)
        is_known = any(frame.wave <= since for frame in self._types.telling_frames(plan_class))
        return (plan_class,) if is_known else ()

    def _classes_entered(self, scope: Scope, entry: Entry) -> list[PlanClass]:
        """The classes that a graph has when it is entered by an interface."""
        if entry.landing.interface is not None:
            return scope.all_classes()
        local = self._graph.supergraph.local_types[entry.typename][entry.landing.graph]
        return [each for each in scope.all_classes() if each.is_whole or each.type_name in local]


def _last_wave(frames: Iterable[Frame]) -> int:
    return max((frame.wave for frame in frames), default=0)


def _distinct(frames: Iterable[Frame]) -> list[Frame]:
    return list(dict.fromkeys(frames))
