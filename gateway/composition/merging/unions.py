"""Unions: every member that any subgraph knows."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import HintCode
from gateway.composition.subgraph_schema import SubgraphType
from gateway.composition.supergraph_model import MergedType

from .context import MergeContext, Source


def merge_union(
    context: MergeContext, sources: Sequence[Source[SubgraphType]], merged: MergedType
) -> None:
    """Add the members, each with the graphs that have it."""
    members = dict.fromkeys(name for source in sources for name in source.element.members)
    for name in members:
        having = [s for s in sources if name in s.element.members]
        merged.members.extend((s.graph, name) for s in having)
        if len(having) < len(sources):
            context.report.hint(
                HintCode.INCONSISTENT_UNION_MEMBER,
                f'"{name}" is a member of "{merged.name}" only in'
                f" {context.named(s.graph for s in having)}.",
                at=[s.element.members[name] for s in having],
                coordinate=merged.name,
            )
