"""Whoever implements an interface in one subgraph has the fields that other subgraphs give it."""

from __future__ import annotations

from gateway.composition.errors import CompositionCode, Report
from gateway.composition.supergraph_model import MergedSchema


def check_interface_fields(schema: MergedSchema, report: Report) -> None:
    """Report implementations that lack a field of the merged interface."""
    for type_ in schema.types.values():
        for name in type_.interfaces:
            interface = schema.types.get(name)
            if interface is None:
                continue
            for field in interface.fields:
                if field in type_.fields:
                    continue
                having = [schema.graphs[g].name for g in _graphs_of_field(schema, name, field)]
                graphs = [schema.graphs[g].name for g, i in type_.implements if i == name]
                report.error(
                    CompositionCode.INTERFACE_FIELD_NO_IMPLEM,
                    f'"{type_.name}" implements "{name}" in {_listed(graphs)}, but has no field'
                    f' "{field}", which the interface has in {_listed(having)}.',
                    coordinate=f"{type_.name}.{field}",
                )


def _graphs_of_field(schema: MergedSchema, type_name: str, field: str) -> list[int]:
    type_ = schema.types[type_name]
    joins = type_.fields[field].joins
    graphs = [join.graph for join in joins if join.graph is not None]
    return graphs or list(dict.fromkeys(join.graph for join in type_.joins))


def _listed(names: list[str]) -> str:
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"subgraph{'s' if len(names) > 1 else ''} {quoted}"
