"""``extend type``: in Federation 1 it says that the type is another subgraph's, and its key fields stay external."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.composition.codes import CompositionCode
from gateway.composition.field_sets import FieldSetInvalid, SelectedField, parse_field_set
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import AppliedDirective, SubgraphSchema, SubgraphType
from gateway.supergraph.built_in import ROOT_TYPES

from .directives import drop


def check_bases(subgraph: SubgraphSchema, others: Sequence[SubgraphSchema], report: Report) -> None:
    """Report extensions of types that no subgraph defines."""
    for type_ in subgraph.types.values():
        if not type_.is_extension or type_.name in ROOT_TYPES:
            continue
        if not any(_defines(other, type_.name) for other in others):
            report.error(
                CompositionCode.EXTENSION_WITH_NO_BASE,
                f'"{type_.name}" is extended in subgraph "{subgraph.name}", but no subgraph defines it.',
                at=[type_.location],
                coordinate=type_.name,
            )


def _defines(subgraph: SubgraphSchema, name: str) -> bool:
    type_ = subgraph.types.get(name)
    # In Federation 2 an extension is as good as a definition.
    return type_ is not None and not (type_.is_extension and subgraph.federation_version is None)


def resolve_key_fields(
    subgraph: SubgraphSchema, others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Take the key fields of extensions for resolved: they arrive with every representation."""
    for type_ in subgraph.types.values():
        if not type_.is_extension:
            continue
        for key in _keys(type_, others):
            for name in _top_level_fields(key):
                if name in type_.fields:
                    drop(type_.fields[name], {"external"})


def turn_into_definitions(
    subgraph: SubgraphSchema, _others: Sequence[SubgraphSchema], _report: Report
) -> None:
    """Take ``extend type`` for ``type``; ``@extends`` stays, which readers of the supergraph may look for."""
    for type_ in subgraph.types.values():
        if not type_.has("extends"):
            type_.directives = tuple(replace(d, on_extension=False) for d in type_.directives)
            for field in type_.fields.values():
                field.on_extension = False


def _keys(type_: SubgraphType, others: Sequence[SubgraphSchema]) -> list[AppliedDirective]:
    """Return the type's keys; an extension without any goes by the first that another subgraph gives it."""
    own = list(type_.applied("key"))
    if own:
        return own
    found = (other.types[type_.name].first("key") for other in others if type_.name in other.types)
    return [key for key in found if key is not None][:1]


def _top_level_fields(key: AppliedDirective) -> Iterator[str]:
    try:
        selections = parse_field_set(key.string("fields") or "{}")
    except FieldSetInvalid:
        return
    for selection in selections:
        if isinstance(selection, SelectedField):
            yield selection.name
