"""One request, stage after stage: prepare → coerce variables → specialise → plan → execute.

A repeated operation costs two look-ups before it is executed; what is kept, and how new ones are made, is said in
``known_operations.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeVar

from gateway.config.settings import AuthorizationMode, GatewayConfig
from gateway.errors import (
    ClientError,
    MutationOverGet,
    NestingTooDeep,
    OperationForbidden,
    SubscriptionsUnsupported,
    UploadRefused,
)
from gateway.execution.context import ExecutionContext
from gateway.execution.errors import DENIED_MESSAGE, MAX_PLACES_PER_ERROR
from gateway.execution.executor import execute_plan
from gateway.execution.introspection import Introspection
from gateway.execution.prepared_plan import PreparedPlan
from gateway.execution.result import ExecutionResult
from gateway.query_plan.nodes import OperationKind
from gateway.security.authorization import Authorization, warn_of_gaps
from gateway.security.masking import mask_exception
from gateway.security.plan_exposure import PlanExposure
from gateway.security.policies import ConfiguredPolicies
from gateway.supergraph.authorization import NO_REQUIREMENTS, auth_rules_of
from gateway.supergraph.model import Supergraph
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_record import RequestRecord
from gateway.transports.base import Transport
from gateway.transports.uploads import blank_files

from .answer import Answer, fail, refuse
from .batch import answer_batch
from .cache_control import NO_STORE, merge_policies, print_policy
from .incremental import IncrementalAnswer
from .known_operations import KnownOperations, PlanKey, WarmUp
from .override_labels import OverrideLabels
from .persisted_documents import PersistedDocuments
from .preparation import PreparedOperation, read_conditions
from .reporting import Reporting
from .request import Caller, GraphQLRequest, SharingKey
from .response_headers import compile_response_rules
from .response_notes import ResponseNotes, tell_both
from .sharing import Flight, SharedAnswers
from .shown_plan import show_plan

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Engine:
    """What the pipeline runs on: a supergraph and the ways to its subgraphs."""

    supergraph: Supergraph
    transports: Mapping[str, Transport]


class Pipeline:
    """Answers requests over one supergraph. Belongs to one event loop.

    Args:
        engine: the supergraph and its transports.
        config: limits, cache sizes, policies.
        metrics: told of plans and subgraph calls.
        planner_thread: where new operations are prepared and planned.
        predecessor: the pipeline that this one is to replace. What clients have handed over is taken on, and of the
            same supergraph what has been planned.
    """

    def __init__(
        self,
        engine: Engine,
        config: GatewayConfig,
        metrics: Metrics,
        planner_thread: Executor,
        *,
        predecessor: Pipeline | None = None,
    ) -> None:
        self._engine = engine
        self._config = config
        self._metrics = metrics
        self._timeout_seconds = config.server.request_timeout_seconds
        self._introspection = Introspection(engine.supergraph.api_schema)
        auth_rules = auth_rules_of(engine.supergraph)
        self._authorization = Authorization(
            auth_rules,
            config.authorization,
            ConfiguredPolicies(dict(config.authorization.policies)),
        )
        self._rejects_denied = config.authorization.mode is AuthorizationMode.REJECT
        warn_of_gaps(auth_rules, config.authorization, has_identity=config.identity is not None)
        self._override_labels = OverrideLabels(
            engine.supergraph.override_labels, dict(config.override_labels)
        )
        self._known: KnownOperations = KnownOperations(
            engine.supergraph,
            auth_rules,
            config,
            planner_thread,
            predecessor=None if predecessor is None else predecessor._known,
        )
        self._sharing: SharedAnswers = SharedAnswers(
            beside=None if predecessor is None else predecessor._sharing
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._persisted: PersistedDocuments = (
            PersistedDocuments(config.caches.persisted_queries, metrics)
            if predecessor is None
            else predecessor._persisted
        )
        self._reporting = Reporting(metrics, config.errors)
        self._notes_responses = config.cache_control.enabled
        self._response_rules = compile_response_rules(config.headers)

    def most_used_plans(self, count: int) -> list[PlanKey]:
        """Return what plans are kept for, those used most first."""
        return self._known.plans.most_used(count)

    def warm_up(self, keys: Sequence[PlanKey], *, seconds: float) -> WarmUp:
        """Prepare and plan what another pipeline has been asked for, in this order, before this one is asked at all.

        May run in any thread, as long as nothing else uses the pipeline.
        """
        return self._known.warm_up(keys, seconds=seconds)

    def find_flight(self, key: SharingKey) -> Flight | None:
        """Return the execution in flight that also answers requests with this key, if there is one."""
        return self._sharing.find(key)

    async def answer(self, request: GraphQLRequest, caller: Caller) -> Answer:
        """Return the answer to ``request``; never raises but for cancellation."""
        try:
            answer = await self._run(request, caller)
        except Exception as error:  # noqa: BLE001 - the root: one request's mishap ends here
            answer = _settle(error, caller)
        _note_codes(answer, caller.record)
        return answer

    async def answer_list(
        self, requests: Sequence[GraphQLRequest | ClientError], caller: Caller
    ) -> Answer:
        """Return the answer to requests that came together, as a list in their order; see ``batch.py``."""
        self._metrics.batch_received(len(requests))
        return await answer_batch(
            self, requests, caller, concurrency=self._config.limits.batch_concurrency
        )

    def start_deadline(self) -> float:
        """Return when a request that arrives now must be answered, by the clock of the event loop."""
        loop = self._loop
        if loop is None:
            # Kept, because asking for it is a system call in CPython 3.11.
            loop = self._loop = asyncio.get_running_loop()
        return loop.time() + self._timeout_seconds

    async def prepare(
        self, request: GraphQLRequest, caller: Caller, deadline: float
    ) -> PreparedOperation:
        """Return the operation of ``request``, good to be run for this caller.

        Raises:
            ClientError: it is not.
        """
        text, digest = request.query, request.persisted_hash
        if digest is not None:
            caller.record.note("persisted_hash", digest)
            text = self._persisted.resolve(digest, text)
        assert text is not None  # noqa: S101 - a request has a text or a hash
        prepared = self._known.prepared.get((text, request.operation_name))
        if prepared is None:
            prepared = await self._known.prepare(text, request.operation_name, deadline)
        if digest is not None and request.query is not None:
            self._persisted.keep(digest, text)
        _admit(prepared, request, caller)
        return prepared

    async def prepare_or_refuse(
        self, request: GraphQLRequest, caller: Caller, deadline: float
    ) -> PreparedOperation | Answer:
        """Return the operation of ``request``, or the answer that says why it cannot be run."""
        found = await self._settled(self.prepare(request, caller, deadline), caller)
        if isinstance(found, Answer):
            _note_codes(found, caller.record)
        return found

    async def answer_prepared(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        caller: Caller,
        deadline: float,
    ) -> Answer:
        """Return the answer to ``request``, which is ``prepared``; never raises but for cancellation."""
        work = self._run_prepared(prepared, request, caller, deadline)
        answer = await self._settled(work, caller)
        _note_codes(answer, caller.record)
        return answer

    async def _settled(self, work: Awaitable[T], caller: Caller) -> T | Answer:
        """Turn whatever ``work`` raises into an answer."""
        try:
            return await work
        except Exception as error:  # noqa: BLE001 - the same root, of a part of the work
            return _settle(error, caller)

    async def _run(self, request: GraphQLRequest, caller: Caller) -> Answer:
        deadline = self.start_deadline()
        prepared: PreparedOperation | None = None
        if request.persisted_hash is None and request.query is not None:
            # What nearly every request is: known, and named by its text.
            prepared = self._known.prepared.get((request.query, request.operation_name))
        if prepared is None:
            prepared = await self.prepare(request, caller, deadline)
        else:
            _admit(prepared, request, caller)
        if prepared.kind is OperationKind.QUERY and caller.sharing_key is None:
            return await self._execute(prepared, request, caller, deadline)
        return await self._run_prepared(prepared, request, caller, deadline)

    async def _run_prepared(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        caller: Caller,
        deadline: float,
    ) -> Answer:
        key = caller.sharing_key
        if prepared.kind is OperationKind.QUERY:
            if key is None or self._heeds_defer(prepared, caller):
                return await self._execute(prepared, request, caller, deadline)
            flight = self._sharing.find(key)
            if flight is not None:
                return await self.join(flight, caller.record)
            work = self._settled(self._execute(prepared, request, caller, deadline), caller)
            return await self._sharing.lead(key, prepared, caller, work)
        try:
            return await self._execute(prepared, request, caller, deadline)
        finally:
            # Whoever reads after this write must not be given what was read before it.
            self._sharing.disperse()

    async def join(self, flight: Flight, record: RequestRecord) -> Answer:
        """Return the answer of an execution in flight to another request, whose ``record`` it is."""
        prepared = flight.prepared
        record.operation_name = prepared.name
        record.operation_kind = prepared.kind.value
        record.note("coalesced", value=True)
        self._metrics.request_coalesced()
        answer = await flight.join()
        _note_codes(answer, record)
        return answer

    def _note_denied(self, places: Sequence[tuple[str, ...]]) -> None:
        """Count what is denied; raise ``OperationForbidden`` where nothing is answered then."""
        self._metrics.fields_denied(len(places), refused=self._rejects_denied)
        if self._rejects_denied:
            raise _forbid(places)

    async def _execute(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        caller: Caller,
        deadline: float,
    ) -> Answer:
        variables: dict[str, object] = {}
        if prepared.variables is not None:
            variables = prepared.variables.coerce(request.variables)
        labels = prepared.override_labels
        if labels:
            labels = self._override_labels.choose(labels)
        heeds_defer = self._heeds_defer(prepared, caller)
        denied = NO_REQUIREMENTS
        if prepared.requirements:
            denied = await self._authorization.find_unmet(prepared.requirements, caller.identity)
        key = (prepared.key, read_conditions(prepared, variables), labels, heeds_defer, denied)
        plan = self._known.plans.get(key)
        was_cached = plan is not None
        caller.record.plan_was_cached = was_cached
        self._metrics.plan_looked_up(was_cached=was_cached)
        if plan is None:
            plan = await self._known.plan(prepared, key, deadline)
        if plan.plan.denied:
            self._note_denied(plan.plan.denied)
        if caller.plan_exposure is PlanExposure.INSTEAD:
            shown = show_plan(plan.plan, was_cached=was_cached)
            return self._reporting.finish(
                ExecutionResult(None, extensions={"plan": shown}), caller.record
            )
        if prepared.kind is OperationKind.MUTATION:
            caller.presence.hold()  # and never released: from here on it runs to its end
        is_noted = self._notes_responses or caller.plan_exposure is not PlanExposure.NONE
        responses = ResponseNotes() if is_noted else None
        rules = self._response_rules
        returned = (
            None if rules is None else rules.collect([one.fetch.subgraph for one in plan.fetches])
        )
        if request.files:
            blank_files(variables, request.files)
        context = ExecutionContext(
            transports=self._engine.transports,
            introspection=self._introspection if plan.plan.introspection is not None else None,
            headers=caller.headers,
            subgraph_headers=caller.subgraph_headers,
            about=caller.record.about,
            deadline=deadline,
            on_subgraph_response=tell_both(responses, returned),
            files=request.files,
        )
        if plan.deferral is not None:
            return await self._start_parts(plan, variables, context, caller, was_cached=was_cached)
        result = await execute_plan(plan, variables=variables, context=context)
        headers = () if returned is None else returned.headers()
        if responses is None:
            return self._reporting.finish(result, caller.record, headers)
        if caller.plan_exposure is PlanExposure.WITH_ANSWER:
            result.extensions["plan"] = show_plan(
                plan.plan,
                was_cached=was_cached,
                calls=result.subgraph_calls,
                entities=responses.entities,
            )
        if self._notes_responses:
            is_plain = caller.plan_exposure is PlanExposure.NONE
            policy = _cache_control(prepared, result, responses) if is_plain else NO_STORE
            headers += (("cache-control", policy),)
        return self._reporting.finish(result, caller.record, headers)

    def _heeds_defer(self, prepared: PreparedOperation, caller: Caller) -> bool:
        return (
            prepared.may_defer
            and caller.incremental is not None
            and prepared.kind is not OperationKind.SUBSCRIPTION
            and self._config.incremental.enabled
        )

    async def _start_parts(
        self,
        plan: PreparedPlan,
        variables: Mapping[str, object],
        context: ExecutionContext,
        caller: Caller,
        *,
        was_cached: bool,
    ) -> Answer:
        """Answer in parts; what has to be noted of the later ones is, when they come."""
        following = self._reporting.follow(caller.record)
        assert caller.incremental is not None  # noqa: S101 - or the plan would have no deferral
        parts = IncrementalAnswer(
            plan=plan,
            variables=variables,
            context=context._replace(on_subgraph_call=following.on_call),
            how=caller.incremental,
            on_errors=following.on_errors,
            on_mishap=following.on_mishap,
        )
        extensions: dict[str, object] = {}
        if caller.plan_exposure is PlanExposure.WITH_ANSWER:
            extensions["plan"] = show_plan(plan.plan, was_cached=was_cached)
        headers = (("cache-control", NO_STORE),) if self._notes_responses else ()
        answer = await parts.start(extensions, headers)
        if plan.plan.kind is OperationKind.MUTATION:
            caller.presence.release()  # its root fields are done; what is deferred may be given up
        return answer


def _settle(error: Exception, caller: Caller) -> Answer:
    match error:
        case ClientError():
            return refuse(error)
        case RecursionError():
            return refuse(NestingTooDeep("The request is nested too deep."))
        case _:
            return fail(mask_exception(error, request_id=caller.record.request_id))


def _note_codes(answer: Answer, record: RequestRecord) -> None:
    for code in answer.error_codes:
        record.add_code(code)


def _admit(prepared: PreparedOperation, request: GraphQLRequest, caller: Caller) -> None:
    """Write down what is asked for, and refuse what cannot be had in this way."""
    caller.record.operation_name = prepared.name
    caller.record.operation_kind = prepared.kind.value
    if prepared.kind is OperationKind.SUBSCRIPTION:
        raise SubscriptionsUnsupported("Subscriptions are not served over plain HTTP.")
    if prepared.kind is OperationKind.MUTATION and caller.is_read_only:
        raise MutationOverGet("GET is for queries. Send mutations with POST.")
    if request.files and prepared.kind is not OperationKind.MUTATION:
        raise UploadRefused("Files are taken by mutations only.")


def _forbid(places: Sequence[tuple[str, ...]]) -> OperationForbidden:
    return OperationForbidden(
        *(
            f"{DENIED_MESSAGE}: {'.'.join(place) or 'the whole operation'}."
            for place in places[:MAX_PLACES_PER_ERROR]
        )
    )


def _cache_control(
    prepared: PreparedOperation, result: ExecutionResult, responses: ResponseNotes
) -> str:
    if result.errors or prepared.kind is not OperationKind.QUERY:
        return NO_STORE
    policy = merge_policies(responses.policies)
    if prepared.requirements:
        # Others, asking for the same, may be answered otherwise.
        policy = replace(policy, is_private=True)
    return print_policy(policy)
