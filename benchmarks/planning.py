"""What planning costs: milliseconds and steps over a supergraph that was never asked before."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from benchmarks.composition import compose_folder
from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import NormalizedOperation, normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.planning.planner import MAX_STEPS, plan_operation
from gateway.query_graph.budget import Budget
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from tests.support.planning_shapes import SHAPES
from tests.support.supergraphs import supergraph_of

_REPETITIONS = 5


def planning_table(material: Path, design: Path) -> Table:
    """Measure the shapes of the tests, the benchmark's requests and the domain's queries, as far as they are here."""
    table = Table(title="Planning; the best of five", box=None)
    table.add_column("shape")
    for heading in ("cold ms", "warm ms", "steps", "requests"):
        table.add_column(heading, justify="right")
    for shape in SHAPES:
        case = shape.build(shape.size)
        _add_row(table, shape.name, supergraph_of(**case.sdls), case.operation)
    table.add_section()
    for name, supergraph, text in (*_benchmark(material), *_domain(design)):
        _add_row(table, name, supergraph, text)
    return table


def _benchmark(material: Path) -> Iterator[tuple[str, Supergraph, str]]:
    supergraph = _supergraph(material / "subgraphs")
    if supergraph is not None:
        for name in ("heavy", "entity", "small"):
            body = json.loads((material / f"{name}.json").read_text(encoding="utf-8"))
            yield name, supergraph, body["query"]


def _domain(design: Path) -> Iterator[tuple[str, Supergraph, str]]:
    supergraph = _supergraph(design / "sdl")
    if supergraph is not None:
        for path in sorted((design / "queries").glob("*.graphql")):
            yield path.stem, supergraph, path.read_text(encoding="utf-8")


def _supergraph(folder: Path) -> Supergraph | None:
    composed = compose_folder(folder)
    return None if composed is None else load_supergraph(composed)


def _add_row(table: Table, name: str, supergraph: Supergraph, text: str) -> None:
    operation = _normalized(supergraph, text)
    cold: list[float] = []
    warm: list[float] = []
    budget = Budget(MAX_STEPS)
    requests = 0
    for _ in range(_REPETITIONS):
        # What was learnt about a supergraph is kept with it.
        fresh = dataclasses.replace(supergraph, derived={})
        budget = Budget(MAX_STEPS)
        requests = len(_timed(cold, fresh, operation, budget))
        _timed(warm, fresh, operation, Budget(MAX_STEPS))
    table.add_row(name, f"{min(cold):.1f}", f"{min(warm):.1f}", f"{budget.spent}", f"{requests}")


def _timed(
    times_ms: list[float], supergraph: Supergraph, operation: NormalizedOperation, budget: Budget
) -> tuple[object, ...]:
    started = time.perf_counter()
    plan = plan_operation(supergraph, operation, budget=budget)
    times_ms.append((time.perf_counter() - started) * 1000)
    return plan.fetches


def _normalized(supergraph: Supergraph, text: str) -> NormalizedOperation:
    document = parse_document(text, max_tokens=100_000)
    operation = select_operation(document, None)
    conditions = dict.fromkeys(condition_variables(operation, document), True)
    return normalize_operation(document, operation, supergraph, conditions)
