"""What is left of a merged schema when types that could not be merged are taken out.

So one fault does not keep the rest from being checked: queries that never meet such a type are as provable as ever.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.composition.codes import CompositionCode
from gateway.composition.errors import CompositionError
from gateway.composition.supergraph_model import MergedField, MergedInputValue, MergedSchema

_NOT_CONFORMING = (CompositionCode.INTERFACE_FIELD_NO_IMPLEM, CompositionCode.INVALID_GRAPHQL)


def sound_part(schema: MergedSchema, errors: list[CompositionError]) -> MergedSchema:
    """Return the schema without types of mismatching kinds and whatever refers to them.

    Where a type lacks a field of an interface, it is taken for not implementing it.
    """
    unsound = {e.coordinate for e in errors if e.code is CompositionCode.TYPE_KIND_MISMATCH}
    incomplete = {e.coordinate for e in errors if e.code in _NOT_CONFORMING}
    if not unsound and not incomplete:
        return schema
    lacking = {c.partition(".")[0] for c in incomplete if c is not None}
    types = {}
    for type_ in schema.types.values():
        if type_.name in unsound:
            continue
        types[type_.name] = replace(
            type_,
            implements=[
                (graph, interface)
                for graph, interface in type_.implements
                if interface not in unsound and type_.name not in lacking
            ],
            members=[(graph, member) for graph, member in type_.members if member not in unsound],
            fields={
                field.name: _without(field, unsound)
                for field in type_.fields.values()
                if not _names_of(field) & unsound
            },
            input_fields={
                field.name: field
                for field in type_.input_fields.values()
                if _is_sound(field, unsound)
            },
        )
    return replace(schema, types=types, _implementations={})


def _names_of(field: MergedField) -> set[str | None]:
    """Return the types that a field has, in the supergraph and in single graphs."""
    narrowed = (join.type for join in field.joins if join.type is not None)
    return {field.type.name, *(text.strip("[]!") for text in narrowed)}


def _without(field: MergedField, unsound: set[str | None]) -> MergedField:
    arguments = {a.name: a for a in field.arguments.values() if _is_sound(a, unsound)}
    return replace(field, arguments=arguments)


def _is_sound(value: MergedInputValue, unsound: set[str | None]) -> bool:
    return value.type.name not in unsound
