"""The elements of a supergraph that a contract can hide, by coordinate, with their tags.

Spec: https://specs.apollo.dev/tag/v0.3. A tag on an object or interface type counts as one on each of its fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
)

from gateway.supergraph.features import Features, directive_arguments, text_of
from gateway.supergraph.root_types import read_root_types

ElementNode: TypeAlias = (
    TypeDefinitionNode | FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode
)


@dataclass(frozen=True, slots=True)
class TypeElements:
    """A type and its parts."""

    node: TypeDefinitionNode
    parts: Mapping[str, FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode]
    """Fields, input fields or enum values by coordinate."""

    arguments: Mapping[str, Mapping[str, InputValueDefinitionNode]]
    """By the coordinate of their field, and by their own."""

    members: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()

    @property
    def has_own_choice(self) -> bool:
        """Whether an include list asks each of its fields for a tag."""
        return isinstance(self.node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)


@dataclass(frozen=True, slots=True)
class Elements:
    """All of them, but what belongs to linked features."""

    types: Mapping[str, TypeElements]
    root_types: Mapping[str, str]
    executable_directives: tuple[DirectiveDefinitionNode, ...]
    _tag: str | None = field(repr=False)
    _inaccessible: str | None = field(repr=False)

    @classmethod
    def read(cls, document: DocumentNode, features: Features) -> Elements:
        """Read the elements of a supergraph."""
        types = {
            node.name.value: _read_type(node)
            for node in document.definitions
            if isinstance(node, TypeDefinitionNode) and not features.owns(node.name.value)
        }
        return cls(
            types=types,
            root_types=read_root_types(document, types),
            executable_directives=tuple(
                node
                for node in document.definitions
                if isinstance(node, DirectiveDefinitionNode)
                and not features.owns(f"@{node.name.value}")
            ),
            _tag=features.directive("tag", "tag"),
            _inaccessible=features.directive("inaccessible", "inaccessible"),
        )

    def tags(self, node: ElementNode) -> frozenset[str]:
        """The names of the tags that stand on an element."""
        return frozenset(
            name
            for directive in _directives(node)
            if directive.name.value == self._tag
            and (name := text_of(directive_arguments(directive).get("name"))) is not None
        )

    def is_inaccessible(self, node: ElementNode) -> bool:
        """Whether clients do not see the element as it is."""
        return any(d.name.value == self._inaccessible for d in _directives(node))

    def all(self) -> Iterator[tuple[str, ElementNode]]:
        """Every element with its coordinate."""
        for name, type_ in self.types.items():
            yield name, type_.node
            yield from type_.parts.items()
            for arguments in type_.arguments.values():
                yield from arguments.items()


def _directives(node: ElementNode) -> Sequence[ConstDirectiveNode]:
    return node.directives or ()


def _read_type(node: TypeDefinitionNode) -> TypeElements:
    name = node.name.value
    match node:
        case ObjectTypeDefinitionNode() | InterfaceTypeDefinitionNode():
            fields = {f"{name}.{part.name.value}": part for part in node.fields or ()}
            return TypeElements(
                node,
                fields,
                {
                    coordinate: {f"{coordinate}({a.name.value}:)": a for a in part.arguments or ()}
                    for coordinate, part in fields.items()
                },
                interfaces=tuple(interface.name.value for interface in node.interfaces or ()),
            )
        case InputObjectTypeDefinitionNode():
            return TypeElements(
                node, {f"{name}.{part.name.value}": part for part in node.fields or ()}, {}
            )
        case EnumTypeDefinitionNode():
            return TypeElements(
                node, {f"{name}.{part.name.value}": part for part in node.values or ()}, {}
            )
        case UnionTypeDefinitionNode():
            return TypeElements(
                node, {}, {}, members=tuple(member.name.value for member in node.types or ())
            )
        case _:
            return TypeElements(node, {}, {})
