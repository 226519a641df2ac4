"""Compares the gateway with one schema that knows everything: same operation, same data, so same answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import orjson
from graphql import validate

from gateway.composition.compose import SubgraphSource, compose
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.prepared_plan import prepare_plan
from gateway.execution.result import ExecutionResult
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion
from gateway.planning.override_labels import find_override_labels
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import QueryPlan
from gateway.query_plan.printer import print_plan
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from gateway.transports.base import SubgraphRequest, SubgraphResponse

from .federated_world import World, WorldSubgraph, answer_monolith
from .plan_lints import lint_plan
from .random_operations import RandomOperation, random_operation


class WorldTransport:
    """Hands requests to a subgraph of a world."""

    def __init__(self, subgraph: WorldSubgraph) -> None:
        self._subgraph = subgraph

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        payload = orjson.loads(request.body)
        answer = self._subgraph.answer(payload["query"], payload.get("variables") or {})
        return SubgraphResponse(200, orjson.dumps(answer), {"content-type": "application/json"})

    async def close(self) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Oracle:
    """A composed world."""

    world: World
    supergraph: Supergraph
    active_labels: frozenset[str] = frozenset()
    """The labels of progressive overrides under which operations are planned."""
    subgraphs: dict[str, WorldSubgraph] = field(init=False)

    def __post_init__(self) -> None:
        self.subgraphs = {name: WorldSubgraph(self.world, name) for name in self.world.graphs}

    def operations(self, count: int, seed: int) -> list[RandomOperation]:
        """Valid random operations, at most ``count``."""
        random = Random(seed)  # noqa: S311 - no secret
        schema = self.supergraph.api_schema
        favoured = self.world.contextual_fields()
        found = [random_operation(schema, random, favoured=favoured) for _ in range(count)]
        return [
            each
            for each in found
            if not validate(schema, parse_document(each.text, max_tokens=100_000))
        ]

    def compare(self, operation: RandomOperation) -> None:
        """Fail, with everything needed to look into it, when the answers differ."""
        plan: QueryPlan | None = None
        try:
            plan, variables = self._plan(operation)
            assert lint_plan(plan, self.supergraph, self._schemas()) == []
            answers = self._execute(plan, variables)
            expected = answer_monolith(
                self.world, self.supergraph.api_schema, operation.text, operation.variables
            )
            for answer in answers:
                assert answer == expected
        except Exception as error:
            error.add_note(self._describe(operation, plan))
            raise

    def _plan(self, operation: RandomOperation) -> tuple[QueryPlan, dict[str, object]]:
        document = parse_document(operation.text, max_tokens=100_000)
        selected = select_operation(document, None)
        variables = VariableCoercion(selected, self.supergraph.api_schema).coerce(
            operation.variables
        )
        conditions = {
            name: bool(variables[name]) for name in condition_variables(selected, document)
        }
        normalized = normalize_operation(document, selected, self.supergraph, conditions)
        # What an operation cannot meet makes no difference, so it is left out as the gateway does.
        met = self.active_labels & find_override_labels(document, selected, self.supergraph)
        plan = plan_operation(self.supergraph, normalized, override_labels=met)
        if met != self.active_labels:
            everything = self.active_labels
            assert plan == plan_operation(
                self.supergraph, normalized, override_labels=everything
            ), "The plan depends on labels that the operation was said not to meet."
        return plan, variables

    def _execute(self, plan: QueryPlan, variables: dict[str, object]) -> list[dict[str, Any]]:
        """The answers of the interpreters, which serve a plan's first use, of generated code, and as they came."""
        prepared = prepare_plan(plan)
        transports = {name: WorldTransport(each) for name, each in self.subgraphs.items()}
        context = ExecutionContext(transports=transports)

        async def execute() -> list[ExecutionResult]:
            ways = [prepared, prepared]
            if prepared.relay is not None:
                ways.append(replace(prepared, relay=None))
            return [await execute_plan(way, variables=variables, context=context) for way in ways]

        results = asyncio.run(execute())
        # Down to the order of keys, also where a subgraph's text is the answer.
        assert len({result.to_bytes() for result in results}) == 1
        return [
            {"data": result.data, **({"errors": result.errors} if result.errors else {})}
            for result in results
        ]

    def _schemas(self) -> dict[str, Any]:
        return {name: each.schema for name, each in self.subgraphs.items()}

    def _describe(self, operation: RandomOperation, plan: QueryPlan | None) -> str:
        parts = [f"# {name}\n{sdl}" for name, sdl in self.world.sdls().items()]
        parts += [operation.text, str(operation.variables)]
        if plan is not None:
            parts.append(print_plan(plan))
        return "\n".join(parts)


def oracle_of(seed: int) -> Oracle | None:
    """The world of a seed; ``None`` when its subgraphs do not compose."""
    return oracle_over(World(seed))


def oracle_over(world: World) -> Oracle | None:
    """An oracle over a world; ``None`` when its subgraphs do not compose."""
    sources = [
        SubgraphSource(name=name, url=f"http://{name}", sdl=sdl)
        for name, sdl in world.sdls().items()
    ]
    composed = compose(sources).supergraph_sdl
    return None if composed is None else Oracle(world, load_supergraph(composed))
