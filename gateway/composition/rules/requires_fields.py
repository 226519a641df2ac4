"""``@requires``: a valid field set of external fields, on an object's field that is resolved here."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind

from .field_set_checks import FieldSetChecks


def check_requires_fields(subgraph: SubgraphSchema, usage: FieldUsage, report: Report) -> None:
    """Check every ``@requires``."""
    for type_, field in subgraph.output_fields():
        for directive in field.applied("requires"):
            checks = FieldSetChecks(
                subgraph, usage, report, directive, f"{type_.name}.{field.name}"
            )
            if type_.kind is TypeKind.INTERFACE:
                checks.error(
                    CompositionCode.REQUIRES_UNSUPPORTED_ON_INTERFACE,
                    "fields of interfaces cannot require anything.",
                )
                continue
            selections = checks.read(type_.name, "REQUIRES")
            if selections is not None:
                checks.check_leaves_external(
                    type_.name, selections, CompositionCode.REQUIRES_FIELDS_MISSING_EXTERNAL
                )
