"""``@context``: a name that can be told apart from the prefix which it gets in the supergraph."""

from __future__ import annotations

import re

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def check_contexts(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Report names that are none."""
    for type_ in subgraph.types.values():
        for directive in type_.applied("context"):
            name = directive.string("name") or ""
            if not _NAME.fullmatch(name):
                report.error(
                    CompositionCode.CONTEXT_NAME_INVALID,
                    f'"{type_.name}" in subgraph "{subgraph.name}" sets a context "{name}": a name is'
                    " a letter followed by letters and digits, without underscores.",
                    at=[directive.location],
                    coordinate=type_.name,
                )
