"""Names of subgraphs as values of the enum ``join__Graph``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.composition.supergraph_model import Graph


def name_graphs(subgraphs: Sequence[SubgraphSchema]) -> tuple[Graph, ...]:
    """Return the graphs in order; names that would collide get ``_1``, ``_2`` and so on.

    Spec: join v0.3, "join__Graph".
    """
    values = [graph_enum_value(subgraph.name) for subgraph in subgraphs]
    counts = Counter(values)
    seen: Counter[str] = Counter()
    graphs: list[Graph] = []
    for subgraph, value in zip(subgraphs, values, strict=True):
        unique = value
        if counts[value] > 1:
            seen[value] += 1
            unique = f"{value}_{seen[value]}"
        graphs.append(Graph(name=subgraph.name, url=subgraph.url, enum_value=unique))
    return tuple(graphs)


def graph_enum_value(name: str) -> str:
    """Return a subgraph's name as an enum value.

    A trailing number gets an underscore behind, which keeps it apart from the numbers of collisions.
    """
    value = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    if value[:1].isdigit():
        value = f"_{value}"
    return f"{value}_" if re.search(r"_\d+$", value) else value
