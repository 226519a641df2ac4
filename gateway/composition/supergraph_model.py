"""The merged schema, before it is text: types and fields with what ``join__*`` will say about each.

Graphs are numbers here, in subgraph order; names of enum values come with the printer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import ConstValueNode

from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef


@dataclass(frozen=True, slots=True)
class MergedDirective:
    """A directive that stays in the supergraph."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    """(name, printed constant), in order."""

    spec: str | None = None
    """Its canonical name in the federation specification; ``None`` for any other directive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinType:
    """A graph's hold on a type, once per key."""

    graph: int
    key: str | None = None
    extension: bool = False
    resolvable: bool = True
    is_interface_object: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextArgument:
    """An argument that a graph gets from an object further up, and clients do not see."""

    name: str
    type: str
    """Its type in that graph."""

    context: str
    """``<subgraph>__<name>``."""

    selection: str
    """What to read of the object that sets the context: ``{ field }`` or ``... on A { x } ... on B { y }``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinField:
    """A graph's hold on a field; ``graph`` is ``None`` for one that only interface objects resolve."""

    graph: int | None
    requires: str | None = None
    provides: str | None = None
    type: str | None = None
    external: bool = False
    override: str | None = None
    used_overridden: bool = False
    override_label: str | None = None
    context_arguments: tuple[ContextArgument, ...] = ()


@dataclass(slots=True, kw_only=True)
class MergedElement:
    """What every part of the supergraph has."""

    name: str
    description: str | None = None
    directives: list[MergedDirective] = field(default_factory=list)

    @property
    def is_inaccessible(self) -> bool:
        """Whether the API schema leaves it out."""
        return any(d.spec == "inaccessible" for d in self.directives)


@dataclass(slots=True, kw_only=True)
class MergedInputValue(MergedElement):
    """An argument, or a field of an input type (only the latter has ``joins``)."""

    type: TypeRef
    default: ConstValueNode | None = None
    joins: list[JoinField] = field(default_factory=list)

    @property
    def is_required(self) -> bool:
        """Whether it has to be given. Spec: GraphQL, "Required Arguments"."""
        return self.type.is_non_null and self.default is None


@dataclass(slots=True, kw_only=True)
class MergedField(MergedElement):
    """A field of an object or interface type."""

    type: TypeRef
    arguments: dict[str, MergedInputValue] = field(default_factory=dict)
    joins: list[JoinField] = field(default_factory=list)
    """Empty when every graph of the parent type resolves it alike."""


@dataclass(slots=True, kw_only=True)
class MergedEnumValue(MergedElement):
    """A value of an enum, and the graphs that know it."""

    graphs: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class MergedType(MergedElement):
    """A type; which of its parts are filled depends on ``kind``."""

    kind: TypeKind
    joins: list[JoinType] = field(default_factory=list)
    implements: list[tuple[int, str]] = field(default_factory=list)
    """(graph, interface)."""

    members: list[tuple[int, str]] = field(default_factory=list)
    """(graph, member type)."""

    fields: dict[str, MergedField] = field(default_factory=dict)
    input_fields: dict[str, MergedInputValue] = field(default_factory=dict)
    values: dict[str, MergedEnumValue] = field(default_factory=dict)

    @property
    def interfaces(self) -> tuple[str, ...]:
        """The interfaces it implements in any graph."""
        return tuple(dict.fromkeys(name for _, name in self.implements))

    @property
    def member_names(self) -> tuple[str, ...]:
        """The members of a union in any graph."""
        return tuple(dict.fromkeys(name for _, name in self.members))


@dataclass(slots=True, kw_only=True)
class MergedDirectiveDefinition:
    """A directive that clients can use."""

    name: str
    arguments: dict[str, MergedInputValue]
    repeatable: bool
    locations: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedLink:
    """A specification that the supergraph links besides link and join."""

    url: str
    alias: str | None = None
    imports: tuple[tuple[str, str], ...] = ()
    """(element, local name)."""

    purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A subgraph as the supergraph names it."""

    name: str
    url: str
    enum_value: str


@dataclass(slots=True, kw_only=True)
class MergedSchema:
    """A whole supergraph."""

    graphs: tuple[Graph, ...]
    join_version: str
    types: dict[str, MergedType] = field(default_factory=dict)
    directives: list[MergedDirective] = field(default_factory=list)
    """On the schema element itself."""

    links: list[MergedLink] = field(default_factory=list)
    executable_directives: list[MergedDirectiveDefinition] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)
    """Directive name → printed definition, for features and composed directives."""

    scalars: list[str] = field(default_factory=list)
    """Scalars of linked features."""

    _implementations: dict[str, frozenset[str]] = field(default_factory=dict)

    def runtime_types(self, name: str) -> frozenset[str]:
        """Return the object types that a value of this type can have."""
        type_ = self.types.get(name)
        if type_ is None:
            return frozenset()
        match type_.kind:
            case TypeKind.OBJECT:
                return frozenset({name})
            case TypeKind.UNION:
                return frozenset(type_.member_names)
            case TypeKind.INTERFACE:
                return self.implementations(name)
            case _:
                return frozenset()

    def implementations(self, interface: str) -> frozenset[str]:
        """Return the object types that implement an interface in any graph."""
        if not self._implementations:
            found: dict[str, set[str]] = {}
            for type_ in self.types.values():
                if type_.kind is TypeKind.OBJECT:
                    for name in type_.interfaces:
                        found.setdefault(name, set()).add(type_.name)
            self._implementations = {name: frozenset(types) for name, types in found.items()}
        return self._implementations.get(interface, frozenset())
