"""Which types a client can come to from the root types, through visible elements only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator

from graphql import FieldDefinitionNode, InputValueDefinitionNode

from gateway.supergraph.type_ref import type_ref

from .elements import Elements


def reachable_types(elements: Elements, invisible: Container[str]) -> frozenset[str]:
    """Return the visible types that are reached.

    An interface leads to the types that implement it and each of them to the interface: either can be named where
    the other is returned.
    """
    implementations: dict[str, list[str]] = defaultdict(list)
    for name, type_ in elements.types.items():
        for interface in type_.interfaces:
            implementations[interface].append(name)
    waiting = [*elements.root_types.values(), *_types_of_directives(elements)]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached or name in invisible or name not in elements.types:
            continue
        reached.add(name)
        waiting += _next_types(elements, name, invisible)
        waiting += implementations[name]
    return frozenset(reached)


def _next_types(elements: Elements, name: str, invisible: Container[str]) -> Iterator[str]:
    type_ = elements.types[name]
    yield from type_.interfaces
    yield from type_.members
    for coordinate, part in type_.parts.items():
        if coordinate in invisible:
            continue
        if isinstance(part, FieldDefinitionNode | InputValueDefinitionNode):
            yield type_ref(part.type).name
        for place, argument in type_.arguments.get(coordinate, {}).items():
            if place not in invisible:
                yield type_ref(argument.type).name


def _types_of_directives(elements: Elements) -> Iterator[str]:
    for directive in elements.executable_directives:
        for argument in directive.arguments or ():
            yield type_ref(argument.type).name
