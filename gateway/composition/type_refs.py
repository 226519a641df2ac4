"""Type references (``[Product!]!``) as values that can be compared, narrowed and widened without a schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode


@dataclass(frozen=True, slots=True)
class Named:
    """A type by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of ``item``."""

    item: TypeRef

    def __str__(self) -> str:
        return f"[{self.item}]"


@dataclass(frozen=True, slots=True)
class NonNull:
    """``of`` without null."""

    of: Named | ListOf

    def __str__(self) -> str:
        return f"{self.of}!"


TypeRef: TypeAlias = Named | ListOf | NonNull

IsSubtype: TypeAlias = Callable[[str, str], bool]
"""Whether the first named type is the second, one of its implementations or one of its members."""


def type_ref(node: TypeNode, renames: dict[str, str] | None = None) -> TypeRef:
    """Return a syntax node as a value, with type names mapped through ``renames``."""
    match node:
        case NonNullTypeNode():
            inner = type_ref(node.type, renames)
            # The grammar has no "!!", which the types of graphql-core cannot say.
            return inner if isinstance(inner, NonNull) else NonNull(inner)
        case ListTypeNode():
            return ListOf(type_ref(node.type, renames))
        case NamedTypeNode():
            name = node.name.value
            return Named(renames.get(name, name) if renames else name)
        case _:
            raise TypeError(f"Not a type reference: {node!r}")


def named_type(ref: TypeRef) -> str:
    """Return the innermost type's name."""
    while not isinstance(ref, Named):
        ref = ref.item if isinstance(ref, ListOf) else ref.of
    return ref.name


def is_list(ref: TypeRef) -> bool:
    """Whether the reference is a list, required or not."""
    return isinstance(ref.of if isinstance(ref, NonNull) else ref, ListOf)


def is_subtype(ref: TypeRef, of: TypeRef, is_named_subtype: IsSubtype) -> bool:
    """Whether every value of ``ref`` is a value of ``of``.

    Spec: GraphQL, IsValidImplementationFieldType.
    """
    if isinstance(of, NonNull):
        return isinstance(ref, NonNull) and is_subtype(ref.of, of.of, is_named_subtype)
    if isinstance(ref, NonNull):
        return is_subtype(ref.of, of, is_named_subtype)
    if isinstance(of, ListOf):
        return isinstance(ref, ListOf) and is_subtype(ref.item, of.item, is_named_subtype)
    return isinstance(ref, Named) and (ref.name == of.name or is_named_subtype(ref.name, of.name))
