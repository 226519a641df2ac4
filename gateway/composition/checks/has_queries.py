"""A supergraph has at least one query."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.report import Report
from gateway.composition.supergraph_model import MergedSchema


def check_has_queries(schema: MergedSchema, report: Report) -> None:
    """Report a supergraph without queries."""
    query = schema.types.get("Query")
    if query is None or not query.fields:
        report.error(
            CompositionCode.NO_QUERIES, "No subgraph has a query; a supergraph needs at least one."
        )
