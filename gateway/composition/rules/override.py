"""``@override``: on an object's field, with a label that the gateway can decide."""

from __future__ import annotations

import re

from gateway.composition.codes import CompositionCode
from gateway.composition.federation_spec import OLDEST, Version
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind

_LABELS_SINCE = Version(2, 7)
_CUSTOM = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*")
_PERCENT = re.compile(r"percent\((\d{1,3}(?:\.\d{1,8})?)\)")


def check_override(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Check every ``@override`` as far as one subgraph tells."""
    for type_, field in subgraph.output_fields():
        directive = field.first("override")
        if directive is None:
            continue
        coordinate = f"{type_.name}.{field.name}"
        if type_.kind is TypeKind.INTERFACE:
            report.error(
                CompositionCode.OVERRIDE_ON_INTERFACE,
                f'"{coordinate}" in subgraph "{subgraph.name}" cannot override: fields of interfaces'
                " are not resolved as such.",
                at=[directive.location],
                coordinate=coordinate,
            )
        label = directive.string("label")
        if label is not None and (subgraph.federation_version or OLDEST) < _LABELS_SINCE:
            report.error(
                CompositionCode.INVALID_GRAPHQL,
                f'"{coordinate}" in subgraph "{subgraph.name}" overrides under a label, which needs'
                f" federation {_LABELS_SINCE}.",
                at=[directive.location],
                coordinate=coordinate,
            )
        if label is not None and not _is_valid(label):
            report.error(
                CompositionCode.OVERRIDE_LABEL_INVALID,
                f'"{coordinate}" in subgraph "{subgraph.name}" overrides under the label "{label}".'
                ' A label is "percent(x)", x from 0 to 100 with at most 8 decimals, or a name of'
                ' letters, digits and "_-:./" that begins with a letter.',
                at=[directive.location],
                coordinate=coordinate,
            )


def _is_valid(label: str) -> bool:
    """Whether a label is ``percent(…)`` or a custom name."""
    percent = _PERCENT.fullmatch(label)
    if percent is not None:
        return float(percent[1]) <= 100
    return _CUSTOM.fullmatch(label) is not None
