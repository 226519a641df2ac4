"""Compares answers in parts with the answer in one piece: put together, they are the same."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import validate

from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.incremental import execute_in_parts
from gateway.execution.incremental_format import IncrementalFormat, encode_next, encode_primary
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import QueryPlan
from gateway.query_plan.printer import print_plan
from gateway.transports.base import SubgraphRequest, SubgraphResponse
from gateway.transports.errors import SubgraphUnreachable

from .federated_world import answer_monolith
from .incremental import Payload, merge_legacy_parts, merge_parts
from .oracle import Oracle, WorldTransport
from .plan_lints import lint_plan
from .random_operations import RandomOperation, random_operation

MAX_DEFERS = 100


class TardyTransport:
    """Answers after some turns of the event loop, so that answers arrive in any order."""

    def __init__(self, inner: WorldTransport, random: Random) -> None:
        self._inner = inner
        self._random = random

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        for _ in range(self._random.choice([0, 3, 40])):
            await asyncio.sleep(0)
        return await self._inner.send(request)

    async def close(self) -> None:
        """Do nothing."""


class UnreliableTransport(TardyTransport):
    """Now and then does not answer, or has null where there is a value."""

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        response = await super().send(request)
        if self._random.random() < 0.2:
            raise SubgraphUnreachable("gone")
        spoilt = self._spoil(json.loads(response.body), depth=0)
        return SubgraphResponse(200, json.dumps(spoilt).encode())

    def _spoil(self, value: Any, depth: int) -> Any:
        if depth > 1 and self._random.random() < 0.1:
            return None
        if isinstance(value, dict):
            return {key: self._spoil(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self._spoil(item, depth + 1) for item in value]
        return value


@dataclass(slots=True)
class DeferredOracle:
    """A composed world, and how many of its operations were really answered in parts."""

    oracle: Oracle
    divided: int = 0

    def operations(self, count: int, seed: int) -> list[RandomOperation]:
        """Valid random operations with ``@defer`` in them, at most ``count``."""
        random = Random(seed)  # noqa: S311 - no secret
        schema = self.oracle.supergraph.api_schema
        found = [random_operation(schema, random, with_defer=True) for _ in range(count)]
        return [
            each
            for each in found
            if not validate(schema, parse_document(each.text, max_tokens=100_000))
        ]

    def compare(self, operation: RandomOperation, seed: int) -> None:
        """Fail, with everything needed to look into it, when the answers differ."""
        plan: QueryPlan | None = None
        parts: list[Payload] = []
        try:
            plan, variables = self._plan(operation.text, operation)
            schemas = {name: each.schema for name, each in self.oracle.subgraphs.items()}
            assert lint_plan(plan, self.oracle.supergraph, schemas) == []
            expected = answer_monolith(
                self.oracle.world,
                self.oracle.supergraph.api_schema,
                operation.text_without_defer,
                operation.variables,
            )
            prepared = prepare_plan(plan)
            assert asyncio.run(self._whole(prepared, variables)) == expected
            if plan.deferral is None:
                return
            self.divided += 1
            # Twice each: interpreted, then by generated code.
            for turn in range(2):
                random = Random(seed + turn)  # noqa: S311 - no secret
                how = IncrementalFormat.CURRENT
                parts = asyncio.run(self._parts(prepared, variables, how, random))
                assert merge_parts(parts) == expected
                how = IncrementalFormat.LEGACY
                parts = asyncio.run(self._parts(prepared, variables, how, random))
                assert merge_legacy_parts(parts) == expected
        except Exception as error:
            error.add_note(self._describe(operation, plan, parts))
            raise

    def bear(self, operation: RandomOperation, seed: int) -> None:
        """Fail when parts break the rules or say what is not so, though subgraphs are not what they should be."""
        plan: QueryPlan | None = None
        parts: list[Payload] = []
        try:
            plan, variables = self._plan(operation.text, operation)
            is_contextual = any(group.contexts for each in plan.fetches for group in each.entities)
            if plan.deferral is None or is_contextual:
                # What is made of a context that was lost may be anything.
                return
            self.divided += 1
            expected = answer_monolith(
                self.oracle.world,
                self.oracle.supergraph.api_schema,
                operation.text_without_defer,
                operation.variables,
            )
            prepared = prepare_plan(plan)
            for turn in range(4):
                random = Random(seed + turn)  # noqa: S311 - no secret
                how, merge = _FORMATS[turn % 2]
                parts = asyncio.run(
                    self._parts(prepared, variables, how, random, UnreliableTransport)
                )
                assert _is_less(merge(parts)["data"], expected["data"])
        except Exception as error:
            error.add_note(self._describe(operation, plan, parts))
            raise

    def _plan(self, text: str, operation: RandomOperation) -> tuple[QueryPlan, dict[str, object]]:
        supergraph = self.oracle.supergraph
        document = parse_document(text, max_tokens=100_000)
        selected = select_operation(document, None)
        variables = VariableCoercion(selected, supergraph.api_schema).coerce(operation.variables)
        conditions = {
            name: bool(variables[name]) for name in condition_variables(selected, document)
        }
        normalized = normalize_operation(
            document, selected, supergraph, conditions, max_defers=MAX_DEFERS
        )
        return plan_operation(supergraph, normalized), variables

    async def _whole(self, prepared: PreparedPlan, variables: dict[str, object]) -> Payload:
        transports = {name: WorldTransport(each) for name, each in self.oracle.subgraphs.items()}
        context = ExecutionContext(transports=transports)
        result = await execute_plan(prepared, variables=variables, context=context)
        return {"data": result.data, **({"errors": result.errors} if result.errors else {})}

    async def _parts(
        self,
        prepared: PreparedPlan,
        variables: dict[str, object],
        how: IncrementalFormat,
        random: Random,
        transport: type[TardyTransport] = TardyTransport,
    ) -> list[Payload]:
        transports = {
            name: transport(WorldTransport(each), random)
            for name, each in self.oracle.subgraphs.items()
        }
        deliveries = execute_in_parts(
            prepared,
            variables=variables,
            context=ExecutionContext(transports=transports),
            repeats_fields=how is IncrementalFormat.LEGACY,
        )
        parts: list[Any] = []
        async with aclosing(deliveries):
            async for delivery in deliveries:
                encode = encode_next if parts else encode_primary
                parts.append(json.loads(encode(delivery, how)))
        return parts

    def _describe(
        self, operation: RandomOperation, plan: QueryPlan | None, parts: list[Payload]
    ) -> str:
        notes = [f"# {name}\n{sdl}" for name, sdl in self.oracle.world.sdls().items()]
        notes += [operation.text, str(operation.variables)]
        if plan is not None:
            notes.append(print_plan(plan))
        notes += [json.dumps(part) for part in parts]
        return "\n".join(notes)


_FORMATS = (
    (IncrementalFormat.CURRENT, merge_parts),
    (IncrementalFormat.LEGACY, merge_legacy_parts),
)


def _is_less(value: Any, whole: Any) -> bool:
    """Whether a value is the whole one but for what is null or not there."""
    if value is None:
        return True
    if isinstance(value, dict) and isinstance(whole, dict):
        return all(key in whole and _is_less(item, whole[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(whole, list):
        return len(value) == len(whole) and all(map(_is_less, value, whole))
    if isinstance(value, str) and isinstance(whole, str):
        # What follows was made of inputs of @requires, which may have been null.
        return value.partition("<")[0] == whole.partition("<")[0]
    return bool(value == whole)
