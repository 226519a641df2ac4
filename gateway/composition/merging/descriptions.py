"""Descriptions: the one that most subgraphs have, the first of those on a tie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gateway.composition.codes import HintCode
from gateway.composition.subgraph_schema import Element

from .context import MergeContext, Source, locations


def merge_description(
    context: MergeContext, sources: Sequence[Source[Element]], coordinate: str
) -> str | None:
    """Return the description to keep, with a hint when there was a choice."""
    described = [s for s in sources if s.element.description]
    if not described:
        return None
    counts = Counter(s.element.description for s in described)
    if len(counts) > 1:
        context.report.hint(
            HintCode.INCONSISTENT_DESCRIPTION,
            f'"{coordinate}" is described differently in'
            f" {context.named(s.graph for s in described)}; the most frequent description is kept.",
            at=locations(described),
            coordinate=coordinate,
        )
    return counts.most_common(1)[0][0]
