"""References to types as fields write them, ``[Product!]!``, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode, parse_type


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A named type and what is wrapped around it."""

    name: str
    non_null: tuple[bool, ...]
    """From the outside in, one entry per list and a last one for the named type.

    ``[Product!]!`` is ``(True, True)``, ``Product`` is ``(False,)``.
    """

    @property
    def is_non_null(self) -> bool:
        """Whether null is ruled out, on the outside."""
        return self.non_null[0]

    @property
    def is_list(self) -> bool:
        """Whether it is a list, required or not."""
        return len(self.non_null) > 1

    @property
    def list_depth(self) -> int:
        """How many lists are wrapped around the named type."""
        return len(self.non_null) - 1

    @property
    def nullable(self) -> TypeRef:
        """The same reference, with null allowed on the outside."""
        return TypeRef(self.name, (False, *self.non_null[1:]))

    @property
    def wrappers(self) -> str:
        """The reference without its name, ``[!]!``: what two fields under one response key share."""
        return self._wrap("")

    def __str__(self) -> str:
        return self._wrap(self.name)

    def _wrap(self, text: str) -> str:
        text += "!" * self.non_null[-1]
        for non_null in reversed(self.non_null[:-1]):
            text = f"[{text}]{'!' * non_null}"
        return text


IsSubtype: TypeAlias = Callable[[str, str], bool]
"""Whether the first named type is one of the second's implementations or members."""


def type_ref(node: TypeNode) -> TypeRef:
    """Read a type reference from its syntax tree."""
    flags: list[bool] = []
    while True:
        is_non_null = isinstance(node, NonNullTypeNode)
        if isinstance(node, NonNullTypeNode):
            node = node.type
        flags.append(is_non_null)
        match node:
            case ListTypeNode():
                node = node.type
            case NamedTypeNode():
                return TypeRef(node.name.value, tuple(flags))
            case _:
                raise TypeError(f"{node.kind} is not a type reference")


def parse_type_ref(text: str) -> TypeRef:
    """Read a type reference from its text."""
    return type_ref(parse_type(text, no_location=True))


def is_subtype(ref: TypeRef, of: TypeRef, is_named_subtype: IsSubtype) -> bool:
    """Whether every value of ``ref`` is a value of ``of``.

    Spec: GraphQL, IsValidImplementationFieldType.
    """
    return (
        ref.list_depth == of.list_depth
        and all(given or not asked for given, asked in zip(ref.non_null, of.non_null, strict=True))
        and (ref.name == of.name or is_named_subtype(ref.name, of.name))
    )
