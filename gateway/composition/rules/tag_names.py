"""``@tag``: a name that contracts can list. Spec: https://specs.apollo.dev/tag/v0.3."""

from __future__ import annotations

import re

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema

MAX_LENGTH = 128
_NAME = re.compile(r"[A-Za-z_/-][\w/-]*", re.ASCII)


def check_tag_names(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Report names that are none."""
    for coordinate, directive in subgraph.applied_directives():
        if directive.spec != "tag":
            continue
        name = directive.string("name") or ""
        if len(name) > MAX_LENGTH or not _NAME.fullmatch(name):
            report.error(
                CompositionCode.INVALID_TAG_NAME,
                f'"{coordinate}" in subgraph "{subgraph.name}" has the tag "{name}": a tag is at most'
                f' {MAX_LENGTH} letters, digits and "_-/", and begins with no digit.',
                at=[directive.location],
                coordinate=coordinate,
            )
