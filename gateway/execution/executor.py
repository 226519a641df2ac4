"""Carries out a plan: every fetch starts when those it depends on are done, and the projection makes the answer.

A fetch that fails leaves its fields null and reports it; all others go on. Nothing is raised for what a subgraph does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter

from gateway.errors import ExecutionError, TransportError
from gateway.query_plan.nodes import QueryPlan
from gateway.transports.base import SubgraphRequest, SubgraphResponse
from gateway.transports.errors import ResponseMalformed, SubgraphTimeout
from gateway.transports.uploads import FilePart
from shared.alarm import Alarm

from .context import ExecutionContext
from .contextual_request import ContextualRequest
from .errors import ErrorReport, FetchFailure, Problem, ReportedErrors, Unasked
from .json_text import encode_json
from .prepared_plan import PreparedFetch, PreparedGroup, PreparedPlan, prepare_plan
from .representations import Collected, find_left_out
from .response_merge import attach, copy_json, copy_object
from .result import ExecutionResult, JsonObject, SubgraphCall
from .subgraph_answer import SubgraphAnswer, entities_of, parse_payload, read_answer, root_of
from .tree_walk import find_objects

_CANCELLED_CODE = "CANCELLED"
"""Of a call that was under way when its caller went away or the deadline came; for telemetry only."""


async def execute_plan(
    plan: PreparedPlan | QueryPlan,
    *,
    variables: Mapping[str, object],
    context: ExecutionContext,
    received: Mapping[int, object] | None = None,
) -> ExecutionResult:
    """Execute ``plan`` and return the client's answer.

    Args:
        plan: prepared, as it should be in a cache; a bare plan is prepared first, at the cost of some milliseconds.
        variables: coerced, by name; those that are absent are not sent.
        context: where subgraphs are, and what else the execution needs.
        received: decoded GraphQL responses of fetches that have been answered already, by fetch id: the event of a
            subscription.

    Raises:
        ExecutionError: the plan cannot be carried out: it is wrong, or a subgraph has no transport.
    """
    prepared = plan if isinstance(plan, PreparedPlan) else prepare_plan(plan)
    execution = Execution(prepared, variables, context, received or {})
    await execution.run()
    return execution.result()


class Execution:
    """One run of one plan."""

    def __init__(
        self,
        prepared: PreparedPlan,
        variables: Mapping[str, object],
        context: ExecutionContext,
        received: Mapping[int, object],
    ) -> None:
        self._prepared = prepared
        self._variables = variables
        self._context = context
        self._received = received
        self._root: JsonObject = {}
        self._waiting = list(prepared.dependency_counts)
        self._failed: set[int] = set()
        self._done: set[int] = set()
        self._under_way: dict[int, list[Collected]] = {}
        self._problems: list[Problem] = []
        self._calls: list[SubgraphCall] = []
        self._relayed: SubgraphAnswer | None = None
        """The only answer, where it may be handed on."""

        self._variable_texts: dict[str, bytes] = {}
        self._loop = asyncio.get_running_loop()
        self._tasks: list[asyncio.Task[None]] = []
        """Besides the one that executes the plan."""

    async def run(self) -> None:
        """Fill the response tree."""
        self._introspect()
        first = self._prepared.first
        if not first:
            return
        deadline = self._context.deadline
        if deadline is None:
            await self._run_to_the_end(first)
            return
        try:
            with Alarm(self._loop, deadline):
                await self._run_to_the_end(first)
        except TimeoutError:
            self._fail_rest()

    def result(self) -> ExecutionResult:
        """Project the tree and write the errors."""
        if self._relayed is not None:
            return ExecutionResult(
                self._relayed.data, subgraph_calls=self._calls, text=self._relayed.text
            )
        projected = self._prepared.projector.project(self._root)
        denied = self._prepared.plan.denied
        if not self._problems and not projected.problems and not denied:
            return ExecutionResult(projected.data, subgraph_calls=self._calls)
        report = ErrorReport(self._prepared, self._root, self._context.about)
        report.add_denied(denied)
        # In the plan's order, so that the same failures read the same however the answers arrived.
        for problem in sorted(self._problems, key=lambda problem: problem.prepared.fetch.id):
            report.add(problem)
        report.add_field_problems(projected.problems)
        extensions: JsonObject = {}
        if report.degraded:
            extensions["degraded"] = list(report.degraded)
        if report.omitted:
            extensions["omittedErrors"] = report.omitted
        return ExecutionResult(projected.data, report.errors, extensions, self._calls)

    def _introspect(self) -> None:
        text = self._prepared.plan.introspection
        if text is None:
            return
        if self._context.introspection is None:
            raise ExecutionError("The plan holds introspection, and there is no API schema to ask.")
        self._root.update(self._context.introspection.answer(text, self._variables))

    async def _run_to_the_end(self, first: Sequence[PreparedFetch]) -> None:
        """Run fetches and all that wait for them; when that is given up, nothing is left running.

        A task group would do the same for three times as much: fetches do not raise.
        """
        tasks = self._tasks
        try:
            await self._run_all(first)
            for task in tasks:  # to which others are added meanwhile
                await task
        except BaseException:
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            raise

    async def _run_all(self, ready: Sequence[PreparedFetch]) -> None:
        """Run fetches and, after each, those that waited for it.

        The first goes on in this very task: a chain of fetches needs no other.
        """
        while ready:
            for other in ready[1:]:
                self._tasks.append(self._loop.create_task(self._run_all([other])))
            await self._run_fetch(ready[0])
            ready = self._released_by(ready[0])

    def _released_by(self, done: PreparedFetch) -> list[PreparedFetch]:
        released = []
        for dependent in done.dependents:
            self._waiting[dependent] -= 1
            if not self._waiting[dependent]:
                released.append(self._prepared.fetches[dependent])
        return released

    async def _run_fetch(self, prepared: PreparedFetch) -> None:
        collected: list[Collected] = []
        try:
            objects, collected = self._collect(prepared)
            if _has_anything_to_ask(prepared, objects, collected):
                self._under_way[prepared.fetch.id] = collected
                answer = await self._ask(prepared, collected)
                self._settle(prepared, objects, collected, answer)
        except RecursionError:
            # Values of the subgraph's that are nested deeper than can be copied.
            error = ResponseMalformed("The answer is nested too deep.")
            self._fail(FetchFailure(prepared, collected, error))
        except Exception as error:  # noqa: BLE001 - one fetch must not take the others with it; all is logged
            self._fail(FetchFailure(prepared, collected, error))
        self._done.add(prepared.fetch.id)

    def _collect(self, prepared: PreparedFetch) -> tuple[list[JsonObject], list[Collected]]:
        """Return the objects that a fetch from a root type adds to, or else the representations to ask about."""
        fetch = prepared.fetch
        if prepared.root_written is not None:
            return (find_objects(self._root, fetch.path) if fetch.path else [self._root]), []
        skip_incomplete = bool(self._failed) and (
            # What is taken from contexts may be owed by fetches further back.
            prepared.is_contextual or not self._failed.isdisjoint(fetch.depends_on)
        )
        collected = [
            group.collector.collect(self._root, skip_incomplete=skip_incomplete)
            for group in prepared.groups
        ]
        if skip_incomplete:
            self._note_left_out(prepared, collected)
        return [], collected

    def _note_left_out(self, prepared: PreparedFetch, collected: list[Collected]) -> None:
        left_out = [
            find_left_out(group.group, self._root, found)
            for group, found in zip(prepared.groups, collected, strict=True)
        ]
        if any(objects for by_target in left_out for objects in by_target):
            blamed = frozenset(self._failed.intersection(prepared.fetch.depends_on) or self._failed)
            self._problems.append(Unasked(prepared, left_out, blamed))
            # It may owe others what it could not ask for.
            self._failed.add(prepared.fetch.id)

    async def _ask(self, prepared: PreparedFetch, collected: list[Collected]) -> SubgraphAnswer:
        fetch, context = prepared.fetch, self._context
        if fetch.id in self._received:
            return parse_payload(self._received[fetch.id])
        transport = context.transports.get(fetch.subgraph)
        if transport is None:
            raise ExecutionError(f"There is no transport to subgraph {fetch.subgraph!r}.")
        lots = ContextualRequest(prepared, collected) if prepared.is_contextual else None
        request = SubgraphRequest(
            fetch.subgraph,
            prepared.kind,
            self._body(prepared, collected) if lots is None else self._contextual_body(lots),
            context.subgraph_headers.get(fetch.subgraph, context.headers),
            self._files(prepared) if context.files else (),
        )
        response: SubgraphResponse | None = None
        error_code: str | None = None
        started = perf_counter()
        try:
            response = await transport.send(request)
            if context.on_subgraph_response is not None:
                asked = sum(len(found.representations) for found in collected)
                context.on_subgraph_response(fetch.id, asked, response)
            answer = read_answer(response, exact_integers=self._prepared.exact_integers)
            return answer if lots is None else lots.restore(answer)
        except TransportError as error:
            error_code = error.code
            raise
        except asyncio.CancelledError:
            error_code = _CANCELLED_CODE
            raise
        finally:
            call = SubgraphCall(
                fetch.subgraph,
                fetch.id,
                perf_counter() - started,
                response.status if response is not None else None,
                len(request.body),
                len(response.body) if response is not None else 0,
                error_code,
            )
            self._calls.append(call)
            context.on_subgraph_call(call)

    def _body(self, prepared: PreparedFetch, collected: list[Collected]) -> bytes:
        parts = [
            group.variable_text + encode_json(found.representations)
            for group, found in zip(prepared.groups, collected, strict=True)
        ]
        for name, text in prepared.variables:
            if name in self._variables:
                parts.append(text + self._variable_text(name))
        if not parts:
            return prepared.head + b"}"
        return b"".join((prepared.head, b',"variables":{', b",".join(parts), b"}}"))

    def _contextual_body(self, request: ContextualRequest) -> bytes:
        parts = request.variables()
        for name, text in request.client_variables():
            if name in self._variables:
                parts.append(text + self._variable_text(name))
        return b"".join((request.head(), b',"variables":{', b",".join(parts), b"}}"))

    def _files(self, prepared: PreparedFetch) -> tuple[FilePart, ...]:
        taken = prepared.fetch.variables
        return tuple(part for part in self._context.files if part.variable in taken)

    def _variable_text(self, name: str) -> bytes:
        text = self._variable_texts.get(name)
        if text is None:
            text = self._variable_texts[name] = encode_json(self._variables[name])
        return text

    def _settle(
        self,
        prepared: PreparedFetch,
        objects: list[JsonObject],
        collected: list[Collected],
        answer: SubgraphAnswer,
    ) -> None:
        """Put an answer into the tree."""
        relay = self._prepared.relay
        if (
            relay is not None
            and answer.data is not None
            and answer.text is not None
            and relay.accepts(answer.data, answer.text)
        ):
            self._relayed = answer
            return
        if answer.errors:
            data = answer.data or {}
            keys = prepared.root_written.keys.keys if prepared.root_written is not None else ()
            aliases = [*keys, *(group.group.alias for group in prepared.groups)]
            null_aliases = frozenset(alias for alias in aliases if data.get(alias) is None)
            self._problems.append(ReportedErrors(prepared, collected, answer.errors, null_aliases))
            self._failed.add(prepared.fetch.id)
        if prepared.root_written is not None:
            found = root_of(answer, prepared.root_written)
            if found is not None:
                must_copy = prepared.root_written.must_copy_per_use and len(objects) > 1
                for obj in objects:
                    data = copy_object(found) if must_copy else found
                    attach(obj, data, prepared.root_written)
        for group, asked in zip(prepared.groups, collected, strict=True):
            try:
                entities = entities_of(answer, group, asked)
            except ResponseMalformed as error:
                self._fail(FetchFailure(prepared, collected, error, group.group.alias))
            else:
                _attach_entities(group, asked, entities)

    def _fail(self, failure: FetchFailure) -> None:
        self._failed.add(failure.prepared.fetch.id)
        self._problems.append(failure)

    def _fail_rest(self) -> None:
        """Count as timed out what had not been answered when the deadline came, begun or not."""
        for prepared in self._prepared.fetches:
            fetch_id = prepared.fetch.id
            if fetch_id in self._done:
                continue
            collected = self._under_way.get(fetch_id)
            if collected is None:
                objects, collected = self._collect(prepared)
                if not _has_anything_to_ask(prepared, objects, collected):
                    continue
            error = SubgraphTimeout("The request's deadline came before the answer.")
            self._fail(FetchFailure(prepared, collected, error))


def _has_anything_to_ask(
    prepared: PreparedFetch, objects: list[JsonObject], collected: list[Collected]
) -> bool:
    if prepared.root_written is not None:
        return bool(objects)
    return any(found.representations for found in collected)


def _attach_entities(
    group: PreparedGroup, collected: Collected, entities: list[JsonObject | None]
) -> None:
    written = group.written
    if written.must_copy_per_use:
        _attach_copies(group, collected, entities)
        return
    for number, uses in enumerate(collected.uses):
        own = entities
        if number and written.must_copy_per_target:
            own = [copy_json(entity) for entity in entities]  # type: ignore[misc]
        for obj, index in zip(uses.objects, uses.indices, strict=True):
            entity = own[index]
            if entity is None:
                continue
            if written.overlaps:
                attach(obj, entity, written)
            else:
                obj.update(entity)


def _attach_copies(
    group: PreparedGroup, collected: Collected, entities: list[JsonObject | None]
) -> None:
    for uses in collected.uses:
        for obj, index in zip(uses.objects, uses.indices, strict=True):
            entity = entities[index]
            if entity is not None:
                attach(obj, copy_object(entity), group.written)
