"""Supergraphs and plans from SDLs, in a line."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.composition.compose import SubgraphSource, compose
from gateway.operations.normalize import NormalizedOperation, normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.validate import validate_document
from gateway.planning.planner import plan_operation
from gateway.query_graph.budget import Budget
from gateway.query_plan.nodes import QueryPlan
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", '
    '"@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible", '
    '"@interfaceObject"])\n'
)


def supergraph_of(**sdls: str) -> Supergraph:
    """Compose subgraphs by name; each SDL gets the federation link, if it has none."""
    sources = [
        SubgraphSource(
            name=name, url=f"http://{name}", sdl=sdl if "@link" in sdl else f"{LINK}{sdl}"
        )
        for name, sdl in sdls.items()
    ]
    result = compose(sources)
    assert result.supergraph_sdl is not None, result.errors
    return load_supergraph(result.supergraph_sdl)


def normalized(
    supergraph: Supergraph, source: str, conditions: Mapping[str, bool] | None = None
) -> NormalizedOperation:
    """Normalise the only operation of a valid document."""
    document = parse_document(source, max_tokens=100_000)
    assert validate_document(document, supergraph.api_schema, max_errors=5) == []
    operation = select_operation(document, None)
    return normalize_operation(document, operation, supergraph, conditions or {})


def plan_of(
    supergraph: Supergraph,
    source: str,
    conditions: Mapping[str, bool] | None = None,
    *,
    override_labels: frozenset[str] = frozenset(),
    budget: Budget | None = None,
) -> QueryPlan:
    """Plan the only operation of a valid document."""
    return plan_operation(
        supergraph,
        normalized(supergraph, source, conditions),
        override_labels=override_labels,
        budget=budget,
    )


def deferred_plan_of(
    supergraph: Supergraph, source: str, conditions: Mapping[str, bool] | None = None
) -> QueryPlan:
    """Plan the only operation of a valid document for a client that takes answers in parts."""
    document = parse_document(source, max_tokens=100_000)
    assert validate_document(document, supergraph.api_schema, max_errors=5) == []
    operation = select_operation(document, None)
    return plan_operation(
        supergraph,
        normalize_operation(document, operation, supergraph, conditions or {}, max_defers=100),
    )
