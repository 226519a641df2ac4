"""Whoever implements an interface in one subgraph conforms to what all subgraphs together make of it.

Spec: GraphQL, IsValidImplementation.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.composition.codes import CompositionCode
from gateway.composition.report import Report
from gateway.composition.subgraph_names import named_subgraphs
from gateway.composition.supergraph_model import MergedField, MergedSchema, MergedType
from gateway.supergraph.type_ref import is_subtype


def check_interface_fields(schema: MergedSchema, report: Report) -> None:
    """Report implementations that lack a field of the merged interface, or have it in another shape."""
    for type_ in schema.types.values():
        for name in type_.interfaces:
            interface = schema.types.get(name)
            if interface is None:
                continue
            for field in interface.fields.values():
                own = type_.fields.get(field.name)
                if own is None:
                    _report_missing(schema, type_, interface, field.name, report)
                    continue
                for problem in _differences(schema, interface, field, own):
                    coordinate = f"{type_.name}.{field.name}"
                    report.error(
                        CompositionCode.INVALID_GRAPHQL,
                        f'"{coordinate}", once merged, does not implement'
                        f' "{name}.{field.name}": {problem}',
                        coordinate=coordinate,
                    )


def _report_missing(
    schema: MergedSchema, type_: MergedType, interface: MergedType, field: str, report: Report
) -> None:
    having = [schema.graphs[g].name for g in _graphs_of_field(interface, field)]
    graphs = [schema.graphs[g].name for g, i in type_.implements if i == interface.name]
    report.error(
        CompositionCode.INTERFACE_FIELD_NO_IMPLEM,
        f'"{type_.name}" implements "{interface.name}" in {named_subgraphs(graphs)}, but has no field'
        f' "{field}", which the interface has in {named_subgraphs(having)}.',
        coordinate=f"{type_.name}.{field}",
    )


def _differences(
    schema: MergedSchema, interface: MergedType, field: MergedField, own: MergedField
) -> Iterator[str]:
    def is_named_subtype(name: str, of: str) -> bool:
        type_ = schema.types.get(name)
        parent = schema.types.get(of)
        return (type_ is not None and of in type_.interfaces) or (
            parent is not None and name in parent.member_names
        )

    if not is_subtype(own.type, field.type, is_named_subtype):
        yield f"its type is {own.type}, which is no {field.type}."
    for argument in field.arguments.values():
        found = own.arguments.get(argument.name)
        if found is None:
            yield f'it has no argument "{argument.name}".'
        elif found.type != argument.type:
            yield (
                f'its argument "{argument.name}" is of type {found.type}, not {argument.type}'
                f' as in "{interface.name}".'
            )
    for argument in own.arguments.values():
        if argument.is_required and argument.name not in field.arguments:
            yield f'it requires the argument "{argument.name}", which the interface does not have.'


def _graphs_of_field(interface: MergedType, field: str) -> list[int]:
    graphs = [j.graph for j in interface.fields[field].joins if j.graph is not None]
    return graphs or list(dict.fromkeys(join.graph for join in interface.joins))
