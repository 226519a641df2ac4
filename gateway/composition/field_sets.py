"""Field sets, the selections inside ``@key``, ``@requires`` and ``@provides``: parsed, and walked over types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from gateway.supergraph.built_in import BUILT_IN_SCALARS
from gateway.supergraph.type_kinds import COMPOSITE_KINDS
from gateway.supergraph.type_ref import TypeRef

from .argument_values import ArgumentLike, InputTypeLike, check_arguments

FieldRef: TypeAlias = tuple[str, str]
"""Which field of which type: (type, field)."""


class FieldSetInvalid(ValueError):
    """The text is no field set; the message says why and becomes part of a coded error."""


@dataclass(frozen=True, slots=True)
class SelectedField:
    """A field of a field set."""

    name: str
    arguments: tuple[tuple[str, ValueNode], ...]
    has_directives: bool
    has_alias: bool
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class SelectedFragment:
    """An inline fragment of a field set."""

    type_condition: str | None
    has_directives: bool
    selections: tuple[Selection, ...]


Selection: TypeAlias = SelectedField | SelectedFragment


class FieldLike(Protocol):
    """A field as far as a field set cares."""

    @property
    def type(self) -> TypeRef:
        """Its type."""

    @property
    def arguments(self) -> Mapping[str, ArgumentLike]:
        """Its arguments by name."""


class TypeLike(InputTypeLike, Protocol):
    """A type as far as a field set cares."""

    @property
    def fields(self) -> Mapping[str, FieldLike]:
        """Its fields by name."""


class SchemaLike(Protocol):
    """A subgraph, or the supergraph."""

    @property
    def types(self) -> Mapping[str, TypeLike]:
        """Types by name."""

    def runtime_types(self, name: str) -> frozenset[str]:
        """Return the object types that a value of this type can have."""


@lru_cache(maxsize=4096)
def parse_field_set(text: str) -> tuple[Selection, ...]:
    """Parse ``id org { id }``; outer braces are optional.

    Raises:
        FieldSetInvalid: it is not a selection, or holds named fragments.
    """
    source = text.strip()
    if not source.startswith("{"):
        source = f"{{{source}}}"
    try:
        document = parse(source, no_location=True)
    except GraphQLError as error:
        raise FieldSetInvalid(error.message) from error
    definition = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(definition, OperationDefinitionNode):
        raise FieldSetInvalid("it is more than one selection.")
    return _selections(definition.selection_set)


def _selections(node: SelectionSetNode | None) -> tuple[Selection, ...]:
    if node is None:
        return ()
    result: list[Selection] = []
    for selection in node.selections:
        match selection:
            case FieldNode():
                result.append(
                    SelectedField(
                        name=selection.name.value,
                        arguments=tuple((a.name.value, a.value) for a in selection.arguments or ()),
                        has_directives=bool(selection.directives),
                        has_alias=selection.alias is not None,
                        selections=_selections(selection.selection_set),
                    )
                )
            case InlineFragmentNode():
                condition = selection.type_condition
                result.append(
                    SelectedFragment(
                        type_condition=condition.name.value if condition else None,
                        has_directives=bool(selection.directives),
                        selections=_selections(selection.selection_set),
                    )
                )
            case _:
                raise FieldSetInvalid("named fragments cannot be used.")
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Visit:
    """A field of a field set, met at a type."""

    parent: str
    selection: SelectedField
    ancestors: tuple[FieldRef, ...]
    """The fields around it, outermost first."""

    @property
    def field(self) -> FieldRef:
        """Which field it is."""
        return self.parent, self.selection.name


def walk_field_set(
    schema: SchemaLike, parent: str, selections: tuple[Selection, ...]
) -> Iterator[Visit]:
    """Yield every field that exists, parents before children; ``__typename`` and what does not exist are left out."""
    yield from _walk(schema, parent, selections, ())


def _walk(
    schema: SchemaLike,
    parent: str,
    selections: tuple[Selection, ...],
    ancestors: tuple[FieldRef, ...],
) -> Iterator[Visit]:
    for selection in selections:
        if isinstance(selection, SelectedFragment):
            inner = selection.type_condition or parent
            yield from _walk(schema, inner, selection.selections, ancestors)
            continue
        type_ = schema.types.get(parent)
        field = type_.fields.get(selection.name) if type_ else None
        if field is None:
            continue
        yield Visit(parent, selection, ancestors)
        if selection.selections:
            below = (*ancestors, (parent, selection.name))
            yield from _walk(schema, field.type.name, selection.selections, below)


def check_selections(
    schema: SchemaLike, parent: str, selections: tuple[Selection, ...]
) -> Iterator[str]:
    """Yield what keeps a parsed field set from being a valid selection on ``parent``."""
    if not selections:
        yield "it selects nothing."
    type_ = schema.types.get(parent)
    for selection in selections:
        if isinstance(selection, SelectedFragment):
            yield from _check_fragment(schema, parent, selection)
        elif selection.name == "__typename":
            continue
        elif type_ is None or selection.name not in type_.fields:
            yield f'"{parent}" has no field "{selection.name}".'
        else:
            yield from _check_field(schema, parent, type_.fields[selection.name], selection)


def _check_fragment(schema: SchemaLike, parent: str, fragment: SelectedFragment) -> Iterator[str]:
    condition = fragment.type_condition or parent
    if condition not in schema.types:
        yield f'there is no type "{condition}".'
    elif schema.types[condition].kind not in COMPOSITE_KINDS:
        yield f'"{condition}" has no fields.'
    elif condition != parent and schema.runtime_types(condition).isdisjoint(
        schema.runtime_types(parent)
    ):
        yield f'no "{parent}" can be a "{condition}".'
    else:
        yield from check_selections(schema, condition, fragment.selections)


def _check_field(
    schema: SchemaLike, parent: str, field: FieldLike, selection: SelectedField
) -> Iterator[str]:
    if selection.has_alias:
        yield f'"{selection.name}" cannot have an alias.'
    yield from check_arguments(
        schema.types, f"{parent}.{selection.name}", field.arguments, selection.arguments
    )
    target = field.type.name
    is_composite = (
        target not in BUILT_IN_SCALARS
        and target in schema.types
        and schema.types[target].kind in COMPOSITE_KINDS
    )
    if is_composite and not selection.selections:
        yield f'"{parent}.{selection.name}" is a {target}: its fields have to be selected.'
    elif not is_composite and selection.selections:
        yield f'"{parent}.{selection.name}" is a {target}, which has no fields.'
    elif is_composite:
        yield from check_selections(schema, target, selection.selections)


def any_selection(
    selections: tuple[Selection, ...], predicate: Callable[[Selection], bool]
) -> bool:
    """Whether any selection, however deep, satisfies ``predicate``."""
    return any(predicate(s) or any_selection(s.selections, predicate) for s in selections)
