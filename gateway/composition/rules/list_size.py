"""``@listSize``: on lists, or naming lists below; sized by integer arguments that exist."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import (
    AppliedDirective,
    OutputField,
    SubgraphSchema,
    SubgraphType,
)

from .directive_problems import DirectiveProblems


def check_list_size(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Check every ``@listSize``."""
    for type_, field in subgraph.output_fields():
        for directive in field.applied("listSize"):
            _check(subgraph, type_, field, directive, report)


def _check(
    subgraph: SubgraphSchema,
    type_: SubgraphType,
    field: OutputField,
    directive: AppliedDirective,
    report: Report,
) -> None:
    error = DirectiveProblems(subgraph, report, directive, f"{type_.name}.{field.name}").error
    sized_fields = directive.strings("sizedFields") or ()
    if not sized_fields and not field.type.is_list:
        error(
            CompositionCode.LIST_SIZE_APPLIED_TO_NON_LIST,
            f"{field.type} is no list, and no sizedFields are named.",
        )
    assumed = directive.integer("assumedSize")
    if assumed is not None and assumed < 0:
        error(CompositionCode.LIST_SIZE_INVALID_ASSUMED_SIZE, "assumedSize is negative.")
    for name in directive.strings("slicingArguments") or ():
        argument = field.arguments.get(name)
        if argument is None:
            error(
                CompositionCode.LIST_SIZE_INVALID_SLICING_ARGUMENT,
                f'there is no argument "{name}".',
            )
        elif str(argument.type.nullable) != "Int":
            error(
                CompositionCode.LIST_SIZE_INVALID_SLICING_ARGUMENT,
                f'the argument "{name}" is of type {argument.type}, not Int.',
            )
    target = subgraph.types.get(field.type.name)
    for name in sized_fields:
        sized = target.fields.get(name) if target is not None else None
        if sized is None:
            error(
                CompositionCode.LIST_SIZE_INVALID_SIZED_FIELD,
                f'"{field.type.name}" has no field "{name}".',
            )
        elif not sized.type.is_list:
            error(
                CompositionCode.LIST_SIZE_APPLIED_TO_NON_LIST,
                f'"{field.type.name}.{name}" is no list.',
            )
