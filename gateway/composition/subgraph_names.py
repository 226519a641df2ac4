"""How messages name subgraphs."""

from __future__ import annotations

from collections.abc import Iterable


def named_subgraphs(names: Iterable[str]) -> str:
    """Return ``subgraph "a"``, ``subgraphs "a" and "b"`` or ``subgraphs "a", "b" and "c"``."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"subgraph {quoted[0]}"
    return f"subgraphs {', '.join(quoted[:-1])} and {quoted[-1]}"
