"""Answers a plan in parts: the primary one as soon as its fetches are done, each deferred one as soon as its are.

All fetches run as they do for an answer in one piece, into one response tree; only what is projected when differs.
A deferred fragment is waited for at every place where the client sees its object (``Pending``). Its fields come from
groups: fields of one position that are in the same fragments, each given once. Null that climbs out of a group takes
the fragments with it that the group is in, at that place, and nothing else. Spec: incremental delivery RFC.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.errors import ExecutionError

from .context import ExecutionContext
from .error_owners import PRIMARY, Owner, find_owner
from .errors import ErrorReport
from .executor import Execution
from .incremental_result import Completion, Delivery, Increment, Pending
from .openings import OpeningClass, Openings
from .prepared_deferral import PreparedDeferral, PreparedDeferredGroup
from .prepared_plan import PreparedFetch, PreparedPlan
from .projection import Projector
from .projection_interpreter import FieldProblem
from .result import ClientPath, JsonObject, WireError


async def execute_in_parts(
    plan: PreparedPlan,
    *,
    variables: Mapping[str, object],
    context: ExecutionContext,
    repeats_fields: bool = False,
) -> AsyncGenerator[Delivery, None]:
    """Execute ``plan``, which has a deferral, and yield the primary part, then what is deferred.

    To close the generator ends the fetches that are under way.

    Args:
        plan: with a deferral.
        variables: as for ``execute_plan``.
        context: as for ``execute_plan``; the deadline holds for all parts together.
        repeats_fields: give with every completed fragment all that it selects, as the older format has it.

    Raises:
        ExecutionError: the plan cannot be carried out.
    """
    if plan.deferral is None:
        raise ExecutionError("The plan has nothing to defer.")
    execution = _IncrementalExecution(
        plan, plan.deferral, variables, context, repeats_fields=repeats_fields
    )
    running = asyncio.create_task(execution.run())
    running.add_done_callback(lambda _: execution.progress.set())
    try:
        await execution.wait(running, plan.deferral.plan.primary_fetches)
        delivery = execution.begin()
        yield delivery
        while delivery.has_next:
            await execution.wait_for_any(running)
            delivery = execution.go_on()
            yield delivery
    finally:
        running.cancel()
        await asyncio.wait((running,))
        if not running.cancelled():
            # Raised above if anybody was still there to be told.
            running.exception()


@dataclass(slots=True, eq=False)
class _Place:
    """An object of the client's answer that a group adds to."""

    group: PreparedDeferredGroup
    obj: JsonObject
    path: ClientPath
    around: Mapping[int, Pending]
    """By part, the fragments that it is in."""

    is_delivered: bool = False
    is_projected: bool = False
    data: JsonObject | None = None
    """``None`` when null climbed all the way up to the object."""

    errors: list[WireError] = field(default_factory=list)


class _IncrementalExecution(Execution):
    """One run of one plan, answered in parts."""

    def __init__(
        self,
        prepared: PreparedPlan,
        deferral: PreparedDeferral,
        variables: Mapping[str, object],
        context: ExecutionContext,
        *,
        repeats_fields: bool,
    ) -> None:
        super().__init__(prepared, variables, context, {})
        self._deferral = deferral
        self._repeats_fields = repeats_fields
        self.progress = asyncio.Event()
        """Set when a fetch is done, or all are."""

        self._has_begun = False
        self._is_over = False
        self._ids = 0
        self._open: dict[Pending, None] = {}
        """What has been announced and not completed."""

        self._inner: dict[Pending | None, list[Pending]] = {}
        """What is announced when the one that it stands in is completed."""

        self._places: dict[Pending, list[_Place]] = {}
        self._report = ErrorReport(prepared, self._root, context.about)
        self._errors: dict[Owner, list[WireError]] = {}
        """What has been reported and not told."""

        self._unplaced: list[tuple[int, WireError]] = []
        """The same, of errors that are about no field of a part, by fetch."""

    # Waiting

    async def wait(self, running: asyncio.Task[None], fetches: Collection[int]) -> None:
        """Wait until fetches are done, whatever became of them."""
        while not (running.done() or (self._has_begun and self._done.issuperset(fetches))):
            self.progress.clear()
            await self.progress.wait()
        if running.done():
            running.result()
            self._is_over = True

    async def wait_for_any(self, running: asyncio.Task[None]) -> None:
        """Wait until there is something to tell."""
        while not (running.done() or any(map(self._is_ready, self._open))):
            self.progress.clear()
            await self.progress.wait()
        if running.done():
            running.result()
            self._is_over = True

    def _introspect(self) -> None:
        super()._introspect()
        # Even a primary part without fetches has to wait for this.
        self._has_begun = True
        self.progress.set()

    async def _run_fetch(self, prepared: PreparedFetch) -> None:
        await super()._run_fetch(prepared)
        self.progress.set()

    def _is_ready(self, pending: Pending) -> bool:
        return self._is_over or self._done.issuperset(pending.part.fetches)

    # Parts

    def begin(self) -> Delivery:
        """The primary part."""
        # What is denied in the operation is known from the start, wherever it stands.
        self._report.add_denied(self._prepared.plan.denied)
        denied = list(self._drain())
        fetches = self._deferral.plan.primary_fetches
        self._absorb(fetches)
        projected = self._deferral.projector.project(self._root)
        errors = denied + self._take(PRIMARY) + self._field_errors(projected.problems, ())
        errors += self._take_unplaced(fetches)
        delivery = Delivery(data=projected.data, errors=errors)
        self._open_up(self._deferral.openings, self._root, projected.data, (), {})
        self._announce(None, delivery)
        return self._finish(delivery, fetches)

    def go_on(self) -> Delivery:
        """What has become ready since."""
        delivery = Delivery()
        fetches: set[int] = set()
        while ready := [pending for pending in self._open if self._is_ready(pending)]:
            fetches.update(*(pending.part.fetches for pending in ready))
            self._absorb(fetches)
            for pending in ready:
                del self._open[pending]
                self._complete(pending, delivery)
        return self._finish(delivery, fetches)

    def _finish(self, delivery: Delivery, fetches: Collection[int]) -> Delivery:
        # By subgraph, those that the client has not been told of.
        known = self._report.degraded
        degraded = [
            subgraph for subgraph, failed in known.items() if not failed.isdisjoint(fetches)
        ]
        for subgraph in degraded:
            del known[subgraph]
        if degraded:
            delivery.extensions["degraded"] = degraded
        delivery.has_next = bool(self._open)
        return delivery

    def _announce(self, completed: Pending | None, delivery: Delivery) -> None:
        """Tell of the fragments that stand in one that the client has now."""
        for pending in self._inner.pop(completed, ()):
            pending.id = str(self._ids)
            self._ids += 1
            self._open[pending] = None
            delivery.pending.append(pending)

    def _complete(self, pending: Pending, delivery: Delivery) -> None:
        """Give the client a fragment, or tell it that there is none."""
        failures: list[WireError] = []
        is_lost = False
        places = self._places.get(pending, [])
        # More of them are found on the way, where a group adds to objects of another.
        for place in places:
            self._project(place)
            if place.data is None:
                is_lost = True
                failures += place.errors
        repeated = None
        if self._repeats_fields and not is_lost:
            repeated = self._repeat(pending, failures)
            is_lost = repeated is None
        if is_lost:
            delivery.completed.append(Completion(pending, failures))
            self._inner.pop(pending, None)
            return
        increments = []
        for place in places:
            if not place.is_delivered and place.data is not None:
                place.is_delivered = True
                increments.append(Increment(pending, place.path, place.data, place.errors))
        unplaced = self._take_unplaced(pending.part.fetches)
        if increments:
            increments[0].errors.extend(unplaced)
        delivery.increments += increments
        delivery.completed.append(Completion(pending, repeated=repeated))
        self._announce(pending, delivery)

    def _repeat(self, pending: Pending, failures: list[WireError]) -> JsonObject | None:
        """All that a fragment selects; null can climb out of it through fields that the client has otherwise."""
        projected = pending.projector.project(pending.obj)
        if projected.data is None:
            failures += self._field_errors(projected.problems, pending.path)
        return projected.data

    def _project(self, place: _Place) -> None:
        if place.is_projected:
            return
        place.is_projected = True
        projected = place.group.projector.project(place.obj)
        place.data = projected.data
        place.errors = self._take(Owner(place.group.id, place.path))
        place.errors += self._field_errors(projected.problems, place.path)
        self._open_up(place.group.openings, place.obj, projected.data, place.path, place.around)

    # Openings

    def _open_up(
        self,
        openings: Openings | None,
        value: object,
        shown: object,
        path: ClientPath,
        around: Mapping[int, Pending],
    ) -> None:
        """Find what is deferred below a value of the response tree that the client sees as ``shown``."""
        if openings is None or shown is None:
            return
        if isinstance(value, list) and isinstance(shown, list):
            for index, (item, seen) in enumerate(zip(value, shown, strict=True)):
                self._open_up(openings, item, seen, (*path, index), around)
        elif isinstance(value, dict) and isinstance(shown, dict):
            here = openings.at(value)
            if here is not None:
                around = self._open_here(here, value, path, around)
                for part in here.fields:
                    self._open_up(
                        part.below,
                        value.get(part.source),
                        shown.get(part.response_key),
                        (*path, part.response_key),
                        around,
                    )

    def _open_here(
        self, here: OpeningClass, obj: JsonObject, path: ClientPath, around: Mapping[int, Pending]
    ) -> Mapping[int, Pending]:
        """Note what is deferred at an object; returns the fragments that it is in."""
        for number, projector in here.fragments:
            around = self._stand_at(number, projector, obj, path, around)
        for number in here.groups:
            place = _Place(self._deferral.groups[number], obj, path, around)
            for part in place.group.parts:
                self._places.setdefault(around[part], []).append(place)
        return around

    def _stand_at(
        self,
        number: int,
        projector: Projector,
        obj: JsonObject,
        path: ClientPath,
        around: Mapping[int, Pending],
    ) -> Mapping[int, Pending]:
        part = self._deferral.parts[number]
        parent = None if part.parent is None else around[part.parent]
        pending = Pending(part, path, parent, obj, projector)
        self._inner.setdefault(parent, []).append(pending)
        return {**around, number: pending}

    # Errors

    def _absorb(self, fetches: Collection[int]) -> None:
        """Write the errors of fetches that parts wait for, all of which are done, and find out where each goes.

        Those of others stay: which of several errors at one field is told does not depend on who answered first.
        """
        problems = sorted(self._problems, key=lambda each: each.prepared.fetch.id)
        self._problems = [each for each in problems if each.prepared.fetch.id not in fetches]
        for problem in problems:
            if problem.prepared.fetch.id in fetches:
                self._report.add(problem)
                for error in self._drain():
                    self._place(problem.prepared.fetch.id, error)

    def _place(self, fetch: int, error: WireError) -> None:
        path = error.get("path")
        owner = PRIMARY
        if path is not None:
            owner = find_owner(self._deferral.plan, self._root, tuple(path))
        # The primary part has been told when later fetches have something to say of its objects.
        if path is None or (owner == PRIMARY and fetch not in self._deferral.plan.primary_fetches):
            self._unplaced.append((fetch, error))
        else:
            self._errors.setdefault(owner, []).append(error)

    def _take(self, owner: Owner) -> list[WireError]:
        return self._errors.pop(owner, [])

    def _take_unplaced(self, fetches: Collection[int]) -> list[WireError]:
        taken = [error for fetch, error in self._unplaced if fetch in fetches]
        self._unplaced = [item for item in self._unplaced if item[0] not in fetches]
        return taken

    def _field_errors(self, problems: list[FieldProblem], above: ClientPath) -> list[WireError]:
        if not problems:
            return []
        self._report.add_field_problems(
            [problem._replace(path=(*above, *problem.path)) for problem in problems]
        )
        return list(self._drain())

    def _drain(self) -> Iterator[WireError]:
        """The errors written since; the report starts over."""
        errors, self._report.errors = self._report.errors, []
        return iter(errors)
