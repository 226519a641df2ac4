"""How types are spread over graphs: which graph defines one, implements with it, has it in a union.

Spec: Apollo ``join``, ``@join__type``, ``@join__implements`` and ``@join__unionMember``. What older versions leave
unsaid is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
)

from .features import text_of
from .join_directives import JoinDirectives, flag


class TypesByGraph:
    """The composite types of one supergraph; graphs are masks."""

    def __init__(self, definitions: Mapping[str, TypeDefinitionNode], join: JoinDirectives) -> None:
        self._definitions = definitions
        self._join = join
        self.graphs = {name: self._graphs(node) for name, node in definitions.items()}
        """By type: who defines it."""

        self.interface_objects = {
            name: self._interface_objects(node) for name, node in definitions.items()
        }
        """By interface: who takes it for an object."""

        self.interfaces = {name: self._interfaces(node) for name, node in definitions.items()}
        """By type and interface: who has the one implement the other."""

        self.members = {name: self._members(node) for name, node in definitions.items()}
        """By union and member: who has the one in the other."""

        implementing: dict[str, list[str]] = {}
        for name, node in definitions.items():
            if isinstance(node, ObjectTypeDefinitionNode):
                for interface in self.interfaces[name]:
                    implementing.setdefault(interface, []).append(name)
        self.possible = {
            name: self._possible(node, implementing.get(name, ()))
            for name, node in definitions.items()
        }
        """By composite type: the object types that a value of it can be."""

    def possible_types(self, name: str) -> frozenset[str]:
        """The object types that a value can be; none for a type that is not there or is not composite."""
        return self.possible.get(name, frozenset())

    def local_types(self, name: str) -> tuple[frozenset[str], ...]:
        """By graph, the object types that a value of a type can be, as the graph itself believes."""
        numbers = range(len(self._join.graph_names))
        return tuple(self._local_to(name, 1 << graph) for graph in numbers)

    def objects_of(self, name: str) -> tuple[frozenset[str], ...]:
        """By graph, the object types that a type stands for; for an interface object, all there are."""
        numbers = range(len(self._join.graph_names))
        return tuple(self._objects_in(name, 1 << graph) for graph in numbers)

    def _graphs(self, node: TypeDefinitionNode) -> int:
        # In v0.1 only entities say where they are.
        return self._join.mask(self._join.applied("type", node.directives)) or self._join.all_graphs

    def _interface_objects(self, node: TypeDefinitionNode) -> int:
        return self._join.mask(
            arguments
            for arguments in self._join.applied("type", node.directives)
            if flag(arguments, "isInterfaceObject", default=False)
        )

    def _interfaces(self, node: TypeDefinitionNode) -> dict[str, int]:
        if not isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            return {}
        graphs: dict[str, int] = {interface.name.value: 0 for interface in node.interfaces or ()}
        applied = list(self._join.applied("implements", node.directives))
        if not applied and self._join.is_first_version:
            return dict.fromkeys(graphs, self.graphs[node.name.value])
        for arguments in applied:
            interface = text_of(arguments.get("interface")) or ""
            graphs[interface] = graphs.get(interface, 0) | 1 << self._join.graph(arguments)
        return graphs

    def _members(self, node: TypeDefinitionNode) -> dict[str, int]:
        if not isinstance(node, UnionTypeDefinitionNode):
            return {}
        members = {member.name.value: 0 for member in node.types or ()}
        applied = list(self._join.applied("unionMember", node.directives))
        if not applied:
            return {name: self.graphs.get(name, 0) for name in members}
        for arguments in applied:
            member = text_of(arguments.get("member")) or ""
            members[member] = members.get(member, 0) | 1 << self._join.graph(arguments)
        return members

    def _possible(self, node: TypeDefinitionNode, implementing: Iterable[str]) -> frozenset[str]:
        match node:
            case ObjectTypeDefinitionNode():
                return frozenset({node.name.value})
            case UnionTypeDefinitionNode():
                return frozenset(self.members[node.name.value])
            case InterfaceTypeDefinitionNode():
                return frozenset(implementing)
            case _:
                return frozenset()

    def _local_to(self, name: str, bit: int) -> frozenset[str]:
        if not self.graphs.get(name, 0) & bit or self.interface_objects[name] & bit:
            return frozenset()
        return self._objects_in(name, bit)

    def _objects_in(self, name: str, bit: int) -> frozenset[str]:
        is_object = isinstance(self._definitions[name], ObjectTypeDefinitionNode)
        if is_object or self.interface_objects[name] & bit:
            return self.possible[name]
        return frozenset(other for other in self.possible[name] if self._has(name, other) & bit)

    def _has(self, name: str, other: str) -> int:
        """Who has an object type in a union, or has it implement an interface."""
        implementing = self.interfaces.get(other, {})
        return self.members[name].get(other, 0) | implementing.get(name, 0)
