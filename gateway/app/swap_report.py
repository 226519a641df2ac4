"""What a new supergraph brings, in a few words for the log."""

from __future__ import annotations

from collections import Counter

from gateway.schema_changes.change import Severity
from gateway.schema_changes.compare import find_changes
from gateway.supergraph.model import Supergraph


def describe_swap(old: Supergraph, new: Supergraph) -> dict[str, object]:
    """Return fields for the log: how many changes of each severity clients may meet, and which subgraphs came or went.

    A computation of milliseconds.
    """
    if old is new:
        return {"schema": "unchanged"}
    found = Counter(change.severity for change in find_changes(old.api_schema, new.api_schema))
    fields: dict[str, object] = {severity.value: found[severity] for severity in Severity}
    for word, names in (
        ("added", new.subgraphs.keys() - old.subgraphs.keys()),
        ("removed", old.subgraphs.keys() - new.subgraphs.keys()),
    ):
        if names:
            fields[f"subgraphs_{word}"] = sorted(names)
    return fields
