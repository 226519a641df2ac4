"""The kinds of named types, and which kind a definition is of."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from graphql import (
    DefinitionNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)


class TypeKind(StrEnum):
    """The six kinds of named types."""

    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    SCALAR = "scalar"
    INPUT_OBJECT = "input object"


ABSTRACT_KINDS = frozenset({TypeKind.INTERFACE, TypeKind.UNION})
"""Kinds whose values are objects of other types."""

COMPOSITE_KINDS = ABSTRACT_KINDS | {TypeKind.OBJECT}
"""Kinds that are selected with a selection set."""

_KINDS: Mapping[type[DefinitionNode], TypeKind] = {
    ObjectTypeDefinitionNode: TypeKind.OBJECT,
    ObjectTypeExtensionNode: TypeKind.OBJECT,
    InterfaceTypeDefinitionNode: TypeKind.INTERFACE,
    InterfaceTypeExtensionNode: TypeKind.INTERFACE,
    UnionTypeDefinitionNode: TypeKind.UNION,
    UnionTypeExtensionNode: TypeKind.UNION,
    EnumTypeDefinitionNode: TypeKind.ENUM,
    EnumTypeExtensionNode: TypeKind.ENUM,
    ScalarTypeDefinitionNode: TypeKind.SCALAR,
    ScalarTypeExtensionNode: TypeKind.SCALAR,
    InputObjectTypeDefinitionNode: TypeKind.INPUT_OBJECT,
    InputObjectTypeExtensionNode: TypeKind.INPUT_OBJECT,
}


def kind_of(node: TypeDefinitionNode | TypeExtensionNode) -> TypeKind:
    """Return the kind of type that a node defines or extends."""
    return _KINDS[type(node)]
