"""Writes out all that a plan holds, so that plans of different processes can be compared as text.

Run as a program it plans operations with ``@defer``, hand-written and random ones, and prints their plans, with the
reasons that are given for them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from random import Random

from graphql import validate

from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion
from gateway.planning.planner import plan_and_explain
from gateway.query_plan.explanation_printer import print_explanation
from gateway.query_plan.nodes import QueryPlan
from gateway.query_plan.printer import print_plan
from gateway.supergraph.model import Supergraph

from .oracle import oracle_of
from .random_operations import RandomOperation, random_operation
from .supergraphs import supergraph_of

_LABELS = "qwertyuiop"
_SHOP = {
    "a": 'type Query { items: [Item] } type Item @key(fields: "id") { id: ID! name: String }',
    **{
        name: f'type Item @key(fields: "id") {{ id: ID! {name}: Int next: Item @shareable }}'
        for name in _LABELS
    },
}
_WORLDS = (61, 86, 154, 158)
"""Random supergraphs with operations that have several ``@defer`` on one object."""


def write_plan_data(plan: QueryPlan) -> str:
    """Write a plan as data; an object that stands in several places is written once, and sets in alphabetical order."""
    return "".join(_write(plan, {}))


def _write(value: object, known: dict[int, int]) -> Iterator[str]:
    if isinstance(value, frozenset):
        yield f"{{{', '.join(sorted(map(repr, value)))}}}"
    elif isinstance(value, tuple):
        yield "("
        for item in value:
            yield from _write(item, known)
            yield ", "
        yield ")"
    elif is_dataclass(value):
        if id(value) in known:
            yield f"#{known[id(value)]}"
            return
        known[id(value)] = len(known)
        yield f"{type(value).__name__}("
        for each in fields(value):
            yield f"{each.name}="
            yield from _write(getattr(value, each.name), known)
            yield ", "
        yield ")"
    else:
        yield repr(value)


def _cases() -> Iterator[tuple[Supergraph, RandomOperation]]:
    supergraph = supergraph_of(**_SHOP)
    parts = " ".join(
        f'... @defer(label: "{each}") {{ {each} next {{ name }} }}' for each in _LABELS
    )
    nested = f'... @defer(label: "all") {{ name {parts} }}'
    for selection in (parts, nested, f"next {{ {parts} }} {nested}"):
        text = f"{{ items {{ id {selection} }} }}"
        yield supergraph, RandomOperation(text, {})
    for seed in _WORLDS:
        oracle = oracle_of(seed)
        assert oracle is not None
        random = Random(seed)  # noqa: S311 - no secret
        schema = oracle.supergraph.api_schema
        for _ in range(4):
            operation = random_operation(schema, random, with_defer=True)
            if not validate(schema, parse_document(operation.text, max_tokens=100_000)):
                yield oracle.supergraph, operation


def _explained_plan(supergraph: Supergraph, operation: RandomOperation) -> str:
    document = parse_document(operation.text, max_tokens=100_000)
    selected = select_operation(document, None)
    values = VariableCoercion(selected, supergraph.api_schema).coerce(operation.variables)
    conditions = {name: bool(values[name]) for name in condition_variables(selected, document)}
    normalized = normalize_operation(document, selected, supergraph, conditions, max_defers=100)
    plan, explanation = plan_and_explain(supergraph, normalized)
    return f"{print_plan(plan)}{print_explanation(explanation)}{write_plan_data(plan)}\n"


if __name__ == "__main__":
    sys.stdout.writelines(_explained_plan(*case) for case in _cases())
