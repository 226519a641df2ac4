"""``@provides``: a valid field set of external fields, on an object's field that returns composites."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.supergraph.type_kinds import COMPOSITE_KINDS, TypeKind

from .field_set_checks import FieldSetChecks


def check_provides_fields(subgraph: SubgraphSchema, usage: FieldUsage, report: Report) -> None:
    """Check every ``@provides``."""
    for type_, field in subgraph.output_fields():
        for directive in field.applied("provides"):
            checks = FieldSetChecks(
                subgraph, usage, report, directive, f"{type_.name}.{field.name}"
            )
            if type_.kind is TypeKind.INTERFACE:
                checks.error(
                    CompositionCode.PROVIDES_UNSUPPORTED_ON_INTERFACE,
                    "fields of interfaces cannot provide anything.",
                )
                continue
            if (type_.name, field.name) in usage.external:
                checks.error(
                    CompositionCode.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE,
                    "the field is external, so another subgraph resolves it.",
                )
            target = field.type.name
            if subgraph.kind(target) not in COMPOSITE_KINDS:
                checks.error(
                    CompositionCode.PROVIDES_ON_NON_OBJECT_FIELD,
                    f'the field is of type "{target}", which has no fields.',
                )
                continue
            selections = checks.read(target, "PROVIDES")
            if selections is not None:
                checks.check_no_arguments(
                    target, selections, CompositionCode.PROVIDES_FIELDS_HAS_ARGS
                )
                checks.check_leaves_external(
                    target, selections, CompositionCode.PROVIDES_FIELDS_MISSING_EXTERNAL
                )
