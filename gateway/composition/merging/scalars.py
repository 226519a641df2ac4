"""Scalars: one name, known to some graphs."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.subgraph_schema import SubgraphType
from gateway.composition.supergraph_model import MergedType

from .context import MergeContext, Source


def merge_scalar(
    _context: MergeContext, _sources: Sequence[Source[SubgraphType]], _merged: MergedType
) -> None:
    """Add what only scalars have: nothing."""
