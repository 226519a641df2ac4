"""External declarations: they resolve nothing, but have to agree with what the owner says."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.composition.codes import CompositionCode
from gateway.composition.federation_spec import DIRECTIVES
from gateway.composition.subgraph_schema import OutputField
from gateway.composition.supergraph_model import MergedField
from gateway.supergraph.argument_text import print_value
from gateway.supergraph.type_ref import is_subtype

from .context import MergeContext, Source, locations


def report_without_owner(
    context: MergeContext, external: Sequence[Source[OutputField]], coordinate: str
) -> None:
    """Report a field that every subgraph takes for another's."""
    context.report.error(
        CompositionCode.EXTERNAL_MISSING_ON_BASE,
        f'"{coordinate}" is external wherever it is declared'
        f" ({context.named(s.graph for s in external)}): no subgraph resolves it.",
        at=locations(external),
        coordinate=coordinate,
    )


def check_external(
    context: MergeContext,
    external: Sequence[Source[OutputField]],
    merged: MergedField,
    coordinate: str,
    *,
    owners_agree: bool,
) -> None:
    """Compare the external declarations of a field with the merged field.

    A declaration says what the owners say. Where those differ and the loosest of them counts, it may side with one
    that is stricter (``owners_agree`` is ``False``).
    """
    for source in external:
        field = source.element
        sides_with_an_owner = not owners_agree and is_subtype(
            field.type, merged.type, context.is_subtype
        )
        if str(field.type) != str(merged.type) and not sides_with_an_owner:
            context.report.error(
                CompositionCode.EXTERNAL_TYPE_MISMATCH,
                f'"{coordinate}" is declared external with type {field.type} in'
                f" {context.named([source.graph])}; its type is {merged.type}.",
                at=[field.location],
                coordinate=coordinate,
            )
        _check_arguments(context, source, merged, coordinate)
        _check_directives(context, source, coordinate)


def _check_arguments(
    context: MergeContext, source: Source[OutputField], merged: MergedField, coordinate: str
) -> None:
    where = context.named([source.graph])
    for name, argument in merged.arguments.items():
        declared = source.element.arguments.get(name)
        place = f"{coordinate}({name}:)"
        if declared is None:
            context.report.error(
                CompositionCode.EXTERNAL_ARGUMENT_MISSING,
                f'"{place}" is missing from the external declaration in {where}.',
                at=[source.element.location],
                coordinate=place,
            )
            continue
        if not is_subtype(argument.type, declared.type, context.is_subtype):
            context.report.error(
                CompositionCode.EXTERNAL_ARGUMENT_TYPE_MISMATCH,
                f'"{place}" is declared external with type {declared.type} in {where};'
                f" its type is {argument.type}.",
                at=[declared.location],
                coordinate=place,
            )
        texts = {
            print_value(default) if default is not None else None
            for default in (declared.default, argument.default)
        }
        if len(texts) > 1:
            context.report.error(
                CompositionCode.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH,
                f'"{place}" is declared external with another default in {where}.',
                at=[declared.location],
                coordinate=place,
            )


def _check_directives(context: MergeContext, source: Source[OutputField], coordinate: str) -> None:
    for directive in source.element.directives:
        is_merged = directive.name == "deprecated" or (
            directive.spec is not None and DIRECTIVES[directive.spec].feature is not None
        )
        if is_merged:
            context.report.error(
                CompositionCode.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL,
                f'@{directive.name} on the external "{coordinate}" in'
                f" {context.named([source.graph])} has no effect: it belongs where the field is resolved.",
                at=[directive.location],
                coordinate=coordinate,
            )
