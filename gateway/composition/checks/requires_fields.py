"""``@requires`` once more, on the merged schema: a fragment may meet more types there than in its subgraph."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import (
    FieldSetInvalid,
    Selection,
    check_selections,
    parse_field_set,
    walk_field_set,
)
from gateway.composition.report import Report
from gateway.composition.supergraph_model import MergedSchema


def check_requires_on_supergraph(schema: MergedSchema, report: Report) -> None:
    """Report requirements that are no valid selections of the supergraph."""
    for type_ in schema.types.values():
        for field in type_.fields.values():
            for join in field.joins:
                if join.requires is None or join.graph is None:
                    continue
                try:
                    selections = parse_field_set(join.requires)
                except FieldSetInvalid:
                    continue
                coordinate = f"{type_.name}.{field.name}"
                if report.is_suspect(coordinate) or _selects_suspect(
                    schema, type_.name, selections, report
                ):
                    continue
                for problem in check_selections(schema, type_.name, selections):
                    report.error(
                        CompositionCode.REQUIRES_INVALID_FIELDS,
                        f'@requires(fields: "{join.requires}") on "{coordinate}" in subgraph'
                        f' "{schema.graphs[join.graph].name}", seen from the supergraph: {problem}',
                        coordinate=coordinate,
                    )


def _selects_suspect(
    schema: MergedSchema, parent: str, selections: tuple[Selection, ...], report: Report
) -> bool:
    """Whether an error is about an argument of a selected field, for which its values may be wrong."""
    return any(
        report.is_suspect(f"{visit.parent}.{visit.selection.name}({argument}:)")
        for visit in walk_field_set(schema, parent, selections)
        for argument in schema.types[visit.parent].fields[visit.selection.name].arguments
    )
