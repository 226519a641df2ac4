"""``@key`` on an interface: every implementation here can be found by the same key."""

from __future__ import annotations

from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import (
    FieldSetInvalid,
    SelectedField,
    Selection,
    parse_field_set,
)
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import AppliedDirective, SubgraphSchema
from gateway.supergraph.type_kinds import TypeKind


def check_interface_keys(subgraph: SubgraphSchema, _usage: FieldUsage, report: Report) -> None:
    """Report implementations that lack a key of their interface."""
    for interface in subgraph.types.values():
        if interface.kind is not TypeKind.INTERFACE:
            continue
        for directive in interface.applied("key"):
            wanted = _signature(directive)
            if wanted is None:
                continue
            for name in subgraph.implementations(interface.name):
                keys = [
                    key for key in subgraph.types[name].applied("key") if _signature(key) == wanted
                ]
                is_resolvable = directive.boolean("resolvable", default=True)
                if keys and (
                    not is_resolvable
                    or any(key.boolean("resolvable", default=True) for key in keys)
                ):
                    continue
                report.error(
                    CompositionCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION,
                    f'"{interface.name}" in subgraph "{subgraph.name}" has the key'
                    f' "{directive.string("fields")}", which its implementation "{name}"'
                    f" {'cannot resolve' if keys else 'lacks'}.",
                    at=[directive.location, subgraph.types[name].location],
                    coordinate=name,
                )


def _signature(directive: AppliedDirective) -> frozenset[object] | None:
    text = directive.string("fields")
    try:
        return _set_of(parse_field_set(text)) if text is not None else None
    except FieldSetInvalid:
        return None


def _set_of(selections: tuple[Selection, ...]) -> frozenset[object]:
    """Return the selections regardless of their order."""
    return frozenset(
        (s.name if isinstance(s, SelectedField) else s.type_condition, _set_of(s.selections))
        for s in selections
    )
