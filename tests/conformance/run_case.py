"""Runs a case as the gateway does, phase by phase, over strict subgraphs that keep what they were asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.errors import ValidationFailed
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.introspection import Introspection
from gateway.execution.prepared_plan import PreparedPlan
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.validate import validate_document
from gateway.operations.variables import VariableCoercion
from gateway.planning.planner import plan_operation
from gateway.query_plan.nodes import QueryPlan
from gateway.supergraph.model import Supergraph
from gateway.transports.base import SubgraphRequest, SubgraphResponse

from .strict_subgraph import StrictSubgraph
from .suite import Case, ComposedSuite, Suite
from .whole import WholeSchema


@dataclass(slots=True)
class Conversation:
    """What was said between gateway and subgraphs."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    """Subgraph and operation."""

    sent: dict[str, list[Any]] = field(default_factory=dict)
    """Representations by subgraph."""

    complaints: list[str] = field(default_factory=list)


class _Transport:
    """Hands requests to a strict subgraph."""

    def __init__(self, subgraph: StrictSubgraph, conversation: Conversation) -> None:
        self._subgraph = subgraph
        self._conversation = conversation

    async def send(self, request: SubgraphRequest) -> SubgraphResponse:
        payload = orjson.loads(request.body)
        name, variables = self._subgraph.name, payload.get("variables") or {}
        self._conversation.requests.append((name, payload["query"]))
        for value in variables.values():
            if isinstance(value, list) and value and _is_representation(value[0]):
                self._conversation.sent.setdefault(name, []).extend(value)
        answer = self._subgraph.answer(payload["query"], variables)
        return SubgraphResponse(200, orjson.dumps(answer), {"content-type": "application/json"})

    async def close(self) -> None:
        """Do nothing."""


def _is_representation(value: Any) -> bool:
    return isinstance(value, dict) and "__typename" in value


def check_case(case: Case, supergraph: Supergraph) -> dict[str, object]:
    """Check that an operation may be planned; return its variables as they are forwarded.

    Raises:
        ClientError: it may not.
    """
    document = parse_document(case.operation, max_tokens=10_000)
    problems = validate_document(document, supergraph.api_schema, max_errors=5)
    if problems:
        raise ValidationFailed(*(problem.message for problem in problems))
    operation = select_operation(document, None)
    return VariableCoercion(operation, supergraph.api_schema).coerce(case.variables)


def plan_case(case: Case, supergraph: Supergraph, variables: Mapping[str, object]) -> QueryPlan:
    """Plan an operation that was checked.

    Raises:
        PlanningError: there is no way.
    """
    document = parse_document(case.operation, max_tokens=10_000)
    operation = select_operation(document, None)
    conditions = {name: bool(variables[name]) for name in condition_variables(operation, document)}
    normalized = normalize_operation(document, operation, supergraph, conditions)
    return plan_operation(supergraph, normalized)


async def answer_case(
    plan: PreparedPlan, variables: Mapping[str, object], suite: Suite, composed: ComposedSuite
) -> tuple[dict[str, Any], Conversation]:
    """Execute a plan over subgraphs that nobody has changed yet."""
    subgraphs, conversation = suite.subgraphs(), Conversation()
    context = ExecutionContext(
        transports={
            name: _Transport(subgraph, conversation) for name, subgraph in subgraphs.items()
        },
        introspection=Introspection(composed.supergraph.api_schema),
    )
    result = await execute_plan(plan, variables=variables, context=context)
    for subgraph in subgraphs.values():
        conversation.complaints += subgraph.complaints
    answer: dict[str, Any] = json.loads(result.to_bytes())
    return answer, conversation


def expected_data(case: Case, suite: Suite, composed: ComposedSuite) -> Any:
    """Return the data that is right for a case.

    Raises:
        FactsDisagree: the case needs data of its own.
    """
    if case.data != "whole":
        return case.data
    document = parse_document(case.operation, max_tokens=10_000)
    whole = WholeSchema(
        composed.supergraph.api_schema, composed.possible, suite.data, composed.local
    )
    answer = whole.answer(document, case.variables)
    assert "errors" not in answer, answer
    return answer["data"]


def summarize_errors(answer: Mapping[str, Any]) -> list[str]:
    """Return the errors of an answer, each as a line."""
    return sorted(
        f"{error['extensions']['code']} at {'.'.join(map(str, error.get('path', ())))}"
        for error in answer.get("errors", ())
    )
