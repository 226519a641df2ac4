"""What each field of a subgraph is to federation: external, provided, shareable, or used by a field set.

External here means: known, but not resolved here. A key field marked ``@external`` on an *extension* is a habit from
Federation 1 and resolved all the same; one marked so on a plain type really is external.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.supergraph.type_kinds import TypeKind

from .context_values import context_visits
from .errors import SourceLocation
from .field_sets import FieldRef, FieldSetInvalid, Visit, parse_field_set, walk_field_set
from .subgraph_schema import AppliedDirective, SubgraphSchema, SubgraphType


@dataclass(slots=True)
class FieldUsage:
    """The roles of a subgraph's fields."""

    external: set[FieldRef] = field(default_factory=set)
    """Marked ``@external``, on the field or its type, and really so."""

    fake_external: set[FieldRef] = field(default_factory=set)
    """Marked ``@external`` and resolved here all the same."""

    provided: set[FieldRef] = field(default_factory=set)
    """Selected by some ``@provides``."""

    shareable: set[FieldRef] = field(default_factory=set)
    invalid_field_sets: set[SourceLocation | None] = field(default_factory=set)
    """Directives whose field set a rule has refused, so that nothing builds on it."""

    used: set[FieldRef] = field(default_factory=set)
    """Selected by a key, ``@requires``, ``@provides`` or ``@fromContext``, or needed by an interface."""


def find_field_usage(subgraph: SubgraphSchema) -> FieldUsage:
    """Compute the roles of all fields; field sets that are not valid (a rule reports them) count for nothing."""
    usage = FieldUsage()
    for type_ in subgraph.types.values():
        _add_keys(subgraph, type_, usage)
        _add_interface_fields(subgraph, type_, usage)
        for directive in type_.applied("shareable"):
            usage.shareable |= {
                (type_.name, f.name)
                for f in type_.fields.values()
                if f.on_extension == directive.on_extension
            }
    for type_, field_ in subgraph.output_fields():
        ref = (type_.name, field_.name)
        if field_.has("shareable"):
            usage.shareable.add(ref)
        for directive in field_.applied("requires"):
            for visit in visits(subgraph, type_.name, directive):
                usage.used |= _with_implementations(subgraph, visit)
        for directive in field_.applied("provides"):
            for visit in visits(subgraph, field_.type.name, directive):
                provided = _with_implementations(subgraph, visit)
                usage.used |= provided
                usage.provided |= provided
    for visit in context_visits(subgraph):
        usage.used |= _with_implementations(subgraph, visit)
    _add_externals(subgraph, usage)
    # What is provided is shared with its owner; the way there, where it is this subgraph's own, has to say so itself.
    usage.shareable |= usage.provided & usage.external
    return usage


def visits(subgraph: SubgraphSchema, parent: str, directive: AppliedDirective) -> Iterator[Visit]:
    """Yield the fields that a directive's field set selects from ``parent``."""
    text = directive.string("fields")
    if text is None:
        return
    try:
        selections = parse_field_set(text)
    except FieldSetInvalid:
        return
    yield from walk_field_set(subgraph, parent, selections)


def _with_implementations(subgraph: SubgraphSchema, visit: Visit) -> set[FieldRef]:
    """A field of an interface is resolved through those of its implementations."""
    parent = subgraph.types[visit.parent]
    found = {visit.field}
    if parent.kind is TypeKind.INTERFACE:
        found |= {(name, visit.selection.name) for name in subgraph.implementations(parent.name)}
    return found


def _add_keys(subgraph: SubgraphSchema, type_: SubgraphType, usage: FieldUsage) -> None:
    for directive in type_.applied("key"):
        for visit in visits(subgraph, type_.name, directive):
            usage.shareable.add(visit.field)
            usage.used |= _with_implementations(subgraph, visit)
            parent = subgraph.types[visit.parent]
            is_marked = parent.fields[visit.selection.name].has("external") or parent.has(
                "external"
            )
            if directive.on_extension and is_marked:
                usage.fake_external.add(visit.field)


def _add_interface_fields(subgraph: SubgraphSchema, type_: SubgraphType, usage: FieldUsage) -> None:
    for name in type_.interfaces:
        interface = subgraph.types.get(name)
        if interface is not None:
            usage.used |= {(type_.name, f) for f in interface.fields if f in type_.fields}


def _add_externals(subgraph: SubgraphSchema, usage: FieldUsage) -> None:
    for type_, field_ in subgraph.output_fields():
        ref = (type_.name, field_.name)
        # Marking an interface's field is an error of its own; it is nobody's field to resolve.
        is_marked = type_.kind is TypeKind.OBJECT and (
            field_.has("external") or type_.has("external")
        )
        if is_marked and ref not in usage.fake_external:
            usage.external.add(ref)
