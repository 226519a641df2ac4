"""One request, stage after stage: prepare → coerce variables → specialise → plan → execute.

A repeated operation costs two lookups before it is executed. A new one is prepared and planned in a thread, so that
the requests in flight go on, and once, however many ask for it at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from gateway.config.settings import GatewayConfig, SubgraphErrors
from gateway.errors import (
    ClientError,
    DeadlineExceeded,
    MutationOverGet,
    NestingTooDeep,
    SubscriptionsUnsupported,
)
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.introspection import Introspection
from gateway.execution.json_text import encode_json
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.execution.result import ExecutionResult
from gateway.operations.normalize import normalize_operation
from gateway.operations.variables import coerce_variables
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import OperationKind
from gateway.security.masking import MASKED_SUBGRAPH_MESSAGE, mask_exception, masked_extensions
from gateway.supergraph.model import Supergraph
from gateway.telemetry.metrics import Metrics
from gateway.transports.base import Transport

from .answer import Answer, Outcome, fail, refuse
from .cache import LruCache, SingleFlight
from .override_labels import OverrideLabels
from .preparation import Preparation, PreparationKey, PreparedOperation, read_conditions
from .request import Caller, GraphQLRequest

T = TypeVar("T")

PlanKey: TypeAlias = tuple[PreparationKey, tuple[bool, ...], frozenset[str]]
"""An operation, the values of the variables that its ``@skip`` and ``@include`` depend on, active override labels."""

SharingKey: TypeAlias = tuple[PreparationKey, bytes, tuple[tuple[str, str], ...]]
"""Everything that an answer to a query depends on: operation, variables, headers."""


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
    """

    def __init__(
        self, engine: Engine, config: GatewayConfig, metrics: Metrics, planner_thread: Executor
    ) -> None:
        self._engine = engine
        self._config = config
        self._metrics = metrics
        self._planner_thread = planner_thread
        self._timeout_seconds = config.server.request_timeout_seconds
        self._introspection = Introspection(engine.supergraph.api_schema)
        self._preparation = Preparation(
            engine.supergraph, config.limits, allows_introspection=config.introspection
        )
        self._override_labels = OverrideLabels(
            engine.supergraph.override_labels, dict(config.override_labels)
        )
        self._operations: LruCache[PreparationKey, PreparedOperation] = LruCache(
            config.caches.operations
        )
        self._plans: LruCache[PlanKey, PreparedPlan] = LruCache(config.caches.plans)
        self._preparing: SingleFlight[PreparationKey, PreparedOperation] = SingleFlight()
        self._planning: SingleFlight[PlanKey, PreparedPlan] = SingleFlight()
        self._sharing: SingleFlight[SharingKey, Answer] = SingleFlight()

    async def answer(self, request: GraphQLRequest, caller: Caller) -> Answer:
        """Return the answer to ``request``; never raises but for cancellation."""
        try:
            answer = await self._run(request, caller)
        except ClientError as error:
            answer = refuse(error)
        except RecursionError:
            answer = refuse(NestingTooDeep("The request is nested too deep."))
        except Exception as error:  # noqa: BLE001 - the root: one request's mishap ends here
            answer = fail(mask_exception(error, request_id=caller.record.request_id))
        for code in answer.error_codes:
            caller.record.add_code(code)
        caller.record.subgraph_calls += answer.subgraph_calls
        return answer

    async def _run(self, request: GraphQLRequest, caller: Caller) -> Answer:
        deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        prepared = self._operations.get((request.query, request.operation_name))
        if prepared is None:
            prepared = await self._in_time(deadline, self._prepare(request))
        caller.record.operation_name = prepared.name
        caller.record.operation_kind = prepared.kind.value
        _check_kind(prepared, caller)
        if not self._config.traffic.coalesce_queries:
            return await self._execute(prepared, request, caller, deadline)
        if prepared.kind is not OperationKind.QUERY:
            try:
                return await self._execute(prepared, request, caller, deadline)
            finally:
                # Whoever reads after this write must not be given what was read before it.
                self._sharing.disperse()
        key = (prepared.key, encode_json(dict(request.variables)), caller.sharing_key)
        return await self._sharing.run(
            key, lambda: self._execute(prepared, request, caller, deadline)
        )

    async def _execute(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        caller: Caller,
        deadline: float,
    ) -> Answer:
        variables: dict[str, object] = {}
        if prepared.has_variables:
            variables = coerce_variables(
                prepared.operation, request.variables, self._engine.supergraph.api_schema
            )
        labels = prepared.override_labels
        if labels:
            labels = self._override_labels.choose(labels)
        key = (prepared.key, read_conditions(prepared, variables), labels)
        plan = self._plans.get(key)
        caller.record.plan_was_cached = plan is not None
        self._metrics.plan_looked_up(was_cached=plan is not None)
        if plan is None:
            plan = await self._in_time(deadline, self._plan(prepared, key))
        context = ExecutionContext(
            transports=self._engine.transports,
            introspection=self._introspection if plan.plan.introspection is not None else None,
            headers=caller.headers,
            deadline=deadline,
        )
        result = await execute_plan(plan, variables=variables, context=context)
        return self._finish(result)

    async def _in_time(self, deadline: float, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout_at(deadline):
                return await work
        except TimeoutError as error:
            raise DeadlineExceeded("The request took too long to plan.") from error

    async def _prepare(self, request: GraphQLRequest) -> PreparedOperation:
        loop = asyncio.get_running_loop()
        prepared = await self._preparing.run(
            (request.query, request.operation_name),
            lambda: loop.run_in_executor(self._planner_thread, self._preparation.prepare, request),
        )
        self._operations.put(prepared.key, prepared, weight=len(request.query))
        return prepared

    async def _plan(self, prepared: PreparedOperation, key: PlanKey) -> PreparedPlan:
        loop = asyncio.get_running_loop()
        conditions = dict(zip(prepared.condition_variables, key[1], strict=True))
        plan = await self._planning.run(
            key,
            lambda: loop.run_in_executor(
                self._planner_thread, self._plan_now, prepared, conditions, key[2]
            ),
        )
        self._plans.put(key, plan, weight=len(prepared.key[0]))
        return plan

    def _plan_now(
        self,
        prepared: PreparedOperation,
        conditions: Mapping[str, bool],
        override_labels: frozenset[str],
    ) -> PreparedPlan:
        supergraph = self._engine.supergraph
        normalized = normalize_operation(
            prepared.document, prepared.operation, supergraph, conditions
        )
        return prepare_plan(
            plan_operation(supergraph, normalized, override_labels=override_labels)
        )

    def _finish(self, result: ExecutionResult) -> Answer:
        for call in result.subgraph_calls:
            self._metrics.subgraph_called(
                call.subgraph,
                seconds=call.duration_seconds,
                failed=call.error_code is not None,
            )
        if not result.errors:
            return Answer(
                outcome=Outcome.COMPLETE,
                body=result.to_bytes(),
                subgraph_calls=len(result.subgraph_calls),
            )
        if self._config.errors.subgraph_errors is SubgraphErrors.MASKED:
            for error in result.errors:
                if "service" in error["extensions"]:
                    error["message"] = MASKED_SUBGRAPH_MESSAGE
                    error["extensions"] = masked_extensions(error["extensions"])
        codes = dict.fromkeys(str(error["extensions"].get("code")) for error in result.errors)
        return Answer(
            outcome=Outcome.PARTIAL,
            body=result.to_bytes(),
            error_codes=tuple(codes),
            subgraph_calls=len(result.subgraph_calls),
        )


def _check_kind(prepared: PreparedOperation, caller: Caller) -> None:
    if prepared.kind is OperationKind.SUBSCRIPTION:
        raise SubscriptionsUnsupported("Subscriptions are not served over plain HTTP.")
    if prepared.kind is OperationKind.MUTATION and caller.is_read_only:
        raise MutationOverGet("GET is for queries. Send mutations with POST.")
