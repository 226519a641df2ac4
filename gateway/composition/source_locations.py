"""Where syntax stands in a subgraph's SDL."""

from __future__ import annotations

from graphql.language import Node

from .errors import SourceLocation


def location_of(subgraph: str, node: Node | None) -> SourceLocation | None:
    """Return where a syntax node stands."""
    if node is None or node.loc is None:
        return None
    token = node.loc.start_token
    return SourceLocation(subgraph, token.line, token.column)
