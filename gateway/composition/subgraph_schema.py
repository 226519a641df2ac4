"""One subgraph's schema as composition sees it: elements with their applied directives and source lines.

Directives of the specifications are found under their canonical name (``spec``) whatever a subgraph has renamed
them to; root types are named Query, Mutation and Subscription whatever the subgraph calls them. Only the loader and
the Federation 1 upgrade make these objects; everything after reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import ConstValueNode, ListValueNode, StringValueNode
from graphql.language import BooleanValueNode, DirectiveDefinitionNode, IntValueNode

from gateway.supergraph.built_in import BUILT_IN_SCALARS
from gateway.supergraph.type_kinds import TypeKind
from gateway.supergraph.type_ref import TypeRef

from .errors import SourceLocation
from .federation_spec import Version
from .links import Link


@dataclass(frozen=True, slots=True)
class AppliedDirective:
    """A directive on an element."""

    name: str
    """As written, without ``@``."""

    spec: str | None
    """Its canonical name in the federation specification; ``None`` for any other directive."""

    arguments: Mapping[str, ConstValueNode]
    location: SourceLocation | None
    on_extension: bool = False
    """Whether it stands on an ``extend`` (or on a type that carries ``@extends``)."""

    def string(self, name: str) -> str | None:
        """Return a string argument, or ``None`` when absent or of another type."""
        value = self.arguments.get(name)
        return value.value if isinstance(value, StringValueNode) else None

    def boolean(self, name: str, *, default: bool) -> bool:
        """Return a Boolean argument."""
        value = self.arguments.get(name)
        return value.value if isinstance(value, BooleanValueNode) else default

    def integer(self, name: str) -> int | None:
        """Return an integer argument, or ``None`` when absent or of another type."""
        value = self.arguments.get(name)
        return int(value.value) if isinstance(value, IntValueNode) else None

    def strings(self, name: str) -> tuple[str, ...] | None:
        """Return a list of strings, or ``None`` when absent."""
        value = self.arguments.get(name)
        if isinstance(value, ListValueNode):
            return tuple(v.value for v in value.values if isinstance(v, StringValueNode))
        return (value.value,) if isinstance(value, StringValueNode) else None


@dataclass(slots=True)
class Element:
    """What every part of a schema has."""

    name: str
    description: str | None
    directives: tuple[AppliedDirective, ...]
    location: SourceLocation | None

    def applied(self, *specs: str) -> Iterator[AppliedDirective]:
        """Yield the applications of some directives of the specification, in the order they stand in."""
        return (directive for directive in self.directives if directive.spec in specs)

    def first(self, spec: str) -> AppliedDirective | None:
        """Return the first application of a directive of the specification."""
        for directive in self.directives:
            if directive.spec == spec:
                return directive
        return None

    def has(self, spec: str) -> bool:
        """Whether a directive of the specification is applied."""
        return self.first(spec) is not None


@dataclass(slots=True)
class InputValue(Element):
    """An argument, or a field of an input type."""

    type: TypeRef
    default: ConstValueNode | None = None

    @property
    def is_required(self) -> bool:
        """Whether it has to be given, by whoever asks. Spec: GraphQL, "Required Arguments"."""
        return self.type.is_non_null and self.default is None and not self.has("fromContext")


@dataclass(slots=True)
class OutputField(Element):
    """A field of an object or interface type."""

    type: TypeRef
    arguments: dict[str, InputValue] = field(default_factory=dict)
    on_extension: bool = False


@dataclass(slots=True)
class EnumValue(Element):
    """A value of an enum."""


@dataclass(slots=True)
class SubgraphType(Element):
    """A type; which of its parts are filled depends on ``kind``."""

    kind: TypeKind
    fields: dict[str, OutputField] = field(default_factory=dict)
    input_fields: dict[str, InputValue] = field(default_factory=dict)
    values: dict[str, EnumValue] = field(default_factory=dict)
    interfaces: dict[str, SourceLocation | None] = field(default_factory=dict)
    members: dict[str, SourceLocation | None] = field(default_factory=dict)
    is_extension: bool = False
    """Whether the subgraph has no definition of it, only ``extend``, or marks it with ``@extends``."""

    @property
    def is_interface_object(self) -> bool:
        """Whether this object type stands for an interface of other subgraphs."""
        return self.has("interfaceObject")

    @property
    def has_resolvable_key(self) -> bool:
        """Whether the subgraph can look up objects of this type."""
        return any(key.boolean("resolvable", default=True) for key in self.applied("key"))


@dataclass(slots=True)
class SubgraphSchema:
    """A subgraph whose SDL is valid GraphQL."""

    name: str
    url: str
    federation_version: Version | None
    """``None`` for Federation 1: no link to the federation specification."""

    types: dict[str, SubgraphType]
    schema_directives: tuple[AppliedDirective, ...]
    directive_definitions: dict[str, DirectiveDefinitionNode]
    """The subgraph's own directives, by name as written."""

    links: tuple[Link, ...]
    directive_arguments: dict[str, dict[str, InputValue]] = field(default_factory=dict)
    """The arguments of those directives, as ``InputValue`` like any other."""

    _implementations: dict[str, tuple[str, ...]] | None = None

    def kind(self, name: str) -> TypeKind | None:
        """Return a type's kind; built-in scalars need no definition."""
        if name in self.types:
            return self.types[name].kind
        return TypeKind.SCALAR if name in BUILT_IN_SCALARS else None

    def implementations(self, interface: str) -> tuple[str, ...]:
        """Return the object types that implement an interface here, in order of definition."""
        if self._implementations is None:
            found: dict[str, list[str]] = {}
            for type_ in self.types.values():
                if type_.kind is TypeKind.OBJECT:
                    for name in type_.interfaces:
                        found.setdefault(name, []).append(type_.name)
            self._implementations = {name: tuple(objects) for name, objects in found.items()}
        return self._implementations.get(interface, ())

    def runtime_types(self, name: str) -> frozenset[str]:
        """Return the object types that a value of this type can have here."""
        type_ = self.types.get(name)
        if type_ is None:
            return frozenset()
        match type_.kind:
            case TypeKind.OBJECT:
                return frozenset({name})
            case TypeKind.INTERFACE:
                return frozenset(self.implementations(name))
            case TypeKind.UNION:
                return frozenset(type_.members)
            case _:
                return frozenset()

    def applied_directives(self) -> Iterator[tuple[str, AppliedDirective]]:
        """Yield every directive with the coordinate of its element; the schema's own is ``schema``."""
        for directive in self.schema_directives:
            yield "schema", directive
        for type_ in self.types.values():
            for directive in type_.directives:
                yield type_.name, directive
            for field_ in type_.fields.values():
                coordinate = f"{type_.name}.{field_.name}"
                for directive in field_.directives:
                    yield coordinate, directive
                for argument in field_.arguments.values():
                    for directive in argument.directives:
                        yield f"{coordinate}({argument.name}:)", directive
            for part in (*type_.input_fields.values(), *type_.values.values()):
                for directive in part.directives:
                    yield f"{type_.name}.{part.name}", directive
        for name, arguments in self.directive_arguments.items():
            for argument in arguments.values():
                for directive in argument.directives:
                    yield f"@{name}({argument.name}:)", directive

    def output_fields(self) -> Iterator[tuple[SubgraphType, OutputField]]:
        """Yield every field of every object and interface type, with its parent."""
        for type_ in self.types.values():
            for field_ in type_.fields.values():
                yield type_, field_
