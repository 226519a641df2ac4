"""Loads a supergraph: SDL with join directives, v0.1 to v0.5, by any composer, into the model.

Spec: Apollo ``join``. What the versions leave out is filled in here, so that no later phase knows of
them: a field without ``join__field`` is resolved by every graph of its type, a union without
``join__unionMember`` has all members everywhere, and in v0.1 an entity's key fields are resolved by
every graph that declares the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from types import MappingProxyType

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    ValueNode,
    parse,
)

from gateway.errors import SupergraphInvalid

from .api_schema import build_api_schema
from .built_in import BUILT_IN_SCALARS
from .contexts import ContextReader
from .features import directive_arguments, read_features, text_of
from .field_sets import FieldSetReader
from .model import (
    FieldDefinition,
    FieldSet,
    GraphField,
    Key,
    OverrideLabel,
    Supergraph,
    TypeDefinition,
)
from .root_types import read_root_types
from .type_kinds import TypeKind, kind_of
from .type_ref import TypeRef, parse_type_ref, type_ref

_Arguments = dict[str, ValueNode]


def load_supergraph(sdl: str) -> Supergraph:
    """Load a supergraph.

    Raises:
        SupergraphInvalid: it is no GraphQL, no supergraph, contradicts itself, or needs a feature
            that the gateway does not have.
    """
    try:
        document = parse(sdl, no_location=True)
    except GraphQLError as error:
        raise SupergraphInvalid(f"The supergraph is no GraphQL: {error.message}") from error
    return _Loader(sdl, document).load()


class _Loader:
    """Reads one document, once."""

    def __init__(self, sdl: str, document: DocumentNode) -> None:
        self._sdl = sdl
        self._document = document
        self._features = read_features(document)
        self._join = self._features.join
        self._inaccessible = self._features.directive("inaccessible", "inaccessible")
        self._graph_ids: dict[str, int] = {}
        self._graph_names: list[str] = []
        self._urls: dict[str, str] = {}
        self._definitions = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, TypeDefinitionNode)
            and not self._features.owns(definition.name.value)
        }

    def load(self) -> Supergraph:
        self._read_graphs()
        self._all = (1 << len(self._graph_names)) - 1
        self._masks = {name: self._type_mask(node) for name, node in self._definitions.items()}
        self._interfaces = {
            name: self._implemented(node) for name, node in self._definitions.items()
        }
        self._members = {name: self._read_members(node) for name, node in self._definitions.items()}
        self._possible = {name: self._possible_types(name) for name in self._definitions}
        self._field_refs = {
            name: {field.name.value: type_ref(field.type) for field in _fields(node)}
            for name, node in self._definitions.items()
        }
        self._field_sets = FieldSetReader(self._named_field_type, self._types_of)
        self._contexts = ContextReader(self._field_sets, self._context_setters())

        types = {name: self._type(node) for name, node in self._definitions.items()}
        for name in BUILT_IN_SCALARS:
            types[name] = _built_in_scalar(name, self._all)
        if self._join.minor == 1:
            types = {name: _resolve_key_fields(definition) for name, definition in types.items()}
        return Supergraph(
            id=hashlib.sha256(self._sdl.encode()).hexdigest(),
            subgraphs=MappingProxyType(self._urls),
            graph_names=tuple(self._graph_names),
            api_schema=build_api_schema(self._document, self._features),
            types=MappingProxyType(types),
            root_types=MappingProxyType(read_root_types(self._document, self._definitions)),
            possible_types=MappingProxyType(self._possible),
            local_types=MappingProxyType(
                {name: self._local_types(definition) for name, definition in types.items()}
            ),
            override_labels=frozenset(
                field.override_label.label
                for definition in types.values()
                for entry in definition.fields.values()
                for field in entry.graphs.values()
                if field.override_label is not None
            ),
            context_values=self._contexts.values(),
            document=self._document,
            features=self._features,
        )

    # Graphs and types

    def _read_graphs(self) -> None:
        node = next(
            (
                definition
                for definition in self._document.definitions
                if isinstance(definition, EnumTypeDefinitionNode)
                and definition.name.value == self._join.directive("Graph")
            ),
            None,
        )
        if node is None or not node.values:
            raise SupergraphInvalid(f"The enum {self._join.directive('Graph')} is missing.")
        for value in node.values:
            for arguments in self._applied("graph", value.directives):
                name = text_of(arguments.get("name")) or value.name.value
                self._graph_ids[value.name.value] = len(self._graph_names)
                self._graph_names.append(name)
                self._urls[name] = text_of(arguments.get("url")) or ""
            if value.name.value not in self._graph_ids:
                raise SupergraphInvalid(f"The graph {value.name.value} has no name.")

    def _type_mask(self, node: TypeDefinitionNode) -> int:
        graphs = [self._graph(arguments) for arguments in self._applied("type", node.directives)]
        # In v0.1 only entities say where they are.
        return _mask(graphs) if graphs else self._all

    def _implemented(self, node: TypeDefinitionNode) -> dict[str, int]:
        if not isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            return {}
        graphs: dict[str, int] = {interface.name.value: 0 for interface in node.interfaces or ()}
        applied = list(self._applied("implements", node.directives))
        if not applied and self._join.minor == 1:
            return dict.fromkeys(graphs, self._masks[node.name.value])
        for arguments in applied:
            interface = text_of(arguments.get("interface")) or ""
            graphs[interface] = graphs.get(interface, 0) | 1 << self._graph(arguments)
        return graphs

    def _read_members(self, node: TypeDefinitionNode) -> dict[str, int]:
        if not isinstance(node, UnionTypeDefinitionNode):
            return {}
        members = {member.name.value: 0 for member in node.types or ()}
        applied = list(self._applied("unionMember", node.directives))
        if not applied:
            return {name: self._masks.get(name, 0) for name in members}
        for arguments in applied:
            member = text_of(arguments.get("member")) or ""
            members[member] = members.get(member, 0) | 1 << self._graph(arguments)
        return members

    def _possible_types(self, name: str) -> frozenset[str]:
        match self._definitions[name]:
            case ObjectTypeDefinitionNode():
                return frozenset({name})
            case UnionTypeDefinitionNode():
                return frozenset(self._members[name])
            case InterfaceTypeDefinitionNode():
                return frozenset(
                    other
                    for other, node in self._definitions.items()
                    if isinstance(node, ObjectTypeDefinitionNode)
                    and name in self._interfaces[other]
                )
            case _:
                return frozenset()

    def _local_types(self, definition: TypeDefinition) -> tuple[frozenset[str], ...]:
        return tuple(
            self._local_to(definition, 1 << graph) for graph in range(len(self._graph_names))
        )

    def _local_to(self, definition: TypeDefinition, bit: int) -> frozenset[str]:
        name = definition.name
        if not definition.graphs & bit or definition.interface_object_graphs & bit:
            return frozenset()
        match definition.kind:
            case TypeKind.OBJECT:
                return frozenset({name})
            case TypeKind.UNION:
                return frozenset(
                    member for member, mask in self._members[name].items() if mask & bit
                )
            case TypeKind.INTERFACE:
                return frozenset(
                    other
                    for other in self._possible[name]
                    if self._interfaces[other].get(name, 0) & bit
                )
            case _:
                return frozenset()

    def _context_setters(self) -> dict[str, dict[str, tuple[frozenset[str], ...]]]:
        """By context: the types that set it, and by graph the object types these are."""
        local = self._features.directive("context", "context") or "context"
        found: dict[str, dict[str, tuple[frozenset[str], ...]]] = {}
        for type_name, node in self._definitions.items():
            for directive in node.directives or ():
                if directive.name.value == local:
                    name = text_of(directive_arguments(directive).get("name")) or ""
                    found.setdefault(name, {})[type_name] = tuple(
                        self._objects_of(node, 1 << graph)
                        for graph in range(len(self._graph_names))
                    )
        return found

    def _objects_of(self, node: TypeDefinitionNode, bit: int) -> frozenset[str]:
        """The object types that a type stands for in a graph; for an interface object, all there are."""
        name = node.name.value
        is_interface_object = any(
            _flag(arguments, "isInterfaceObject", default=False)
            and 1 << self._graph(arguments) == bit
            for arguments in self._applied("type", node.directives)
        )
        if is_interface_object or isinstance(node, ObjectTypeDefinitionNode):
            return self._possible[name]
        return frozenset(
            other
            for other in self._possible[name]
            if (self._members[name].get(other, 0) | self._interfaces[other].get(name, 0)) & bit
        )

    def _named_field_type(self, parent: str, field: str) -> str | None:
        found = self._field_refs.get(parent, {}).get(field)
        return None if found is None else found.name

    def _types_of(self, name: str) -> frozenset[str]:
        return self._possible.get(name, frozenset())

    def _type(self, node: TypeDefinitionNode) -> TypeDefinition:
        name = node.name.value
        applied = list(self._applied("type", node.directives))
        keys = tuple(
            Key(
                graph=self._graph(arguments),
                fields=self._field_sets.read(text, name),
                is_resolvable=_flag(arguments, "resolvable", default=True),
            )
            for arguments in applied
            if (text := text_of(arguments.get("key"))) is not None
        )
        return TypeDefinition(
            name=name,
            kind=kind_of(node),
            graphs=self._masks[name],
            is_inaccessible=self._is_inaccessible(node.directives),
            keys=keys,
            interface_object_graphs=_mask(
                [
                    self._graph(arguments)
                    for arguments in applied
                    if _flag(arguments, "isInterfaceObject", default=False)
                ]
            ),
            fields=MappingProxyType(
                {field.name.value: self._field(node, field) for field in _fields(node)}
            ),
            interfaces=MappingProxyType(self._interfaces[name]),
            members=MappingProxyType(self._members[name]),
            enum_values=tuple(
                value.name.value
                for value in node.values or ()
                if not self._is_inaccessible(value.directives)
            )
            if isinstance(node, EnumTypeDefinitionNode)
            else (),
        )

    # Fields

    def _field(self, parent: TypeDefinitionNode, node: FieldDefinitionNode) -> FieldDefinition:
        applied = list(self._applied("field", node.directives))
        ref = self._field_refs[parent.name.value][node.name.value]
        if not applied:
            graphs = {
                graph: GraphField(
                    type=ref, is_external=False, requires=None, provides=None, override_label=None
                )
                for graph in self._implicit_graphs(parent)
            }
        else:
            sources = [arguments for arguments in applied if "graph" in arguments]
            labels = self._override_labels(sources)
            graphs = {
                (graph := self._graph(arguments)): self._graph_field(
                    parent.name.value, ref, arguments, labels.get(graph)
                )
                for arguments in sources
            }
        return FieldDefinition(
            name=node.name.value,
            type=ref,
            graphs=MappingProxyType(graphs),
            is_inaccessible=self._is_inaccessible(node.directives),
        )

    def _implicit_graphs(self, parent: TypeDefinitionNode) -> Iterator[int]:
        # In v0.1 an entity's owner resolves whatever is not said to be elsewhere.
        owners = [self._graph(arguments) for arguments in self._applied("owner", parent.directives)]
        mask = _mask(owners) if owners else self._masks[parent.name.value]
        return (graph for graph in range(len(self._graph_names)) if mask >> graph & 1)

    def _graph_field(
        self, parent: str, ref: TypeRef, arguments: _Arguments, label: OverrideLabel | None
    ) -> GraphField:
        text = text_of(arguments.get("type"))
        return GraphField(
            type=ref if text is None else parse_type_ref(text),
            # An override under a label leaves the field resolved while the label says so.
            is_external=_flag(arguments, "external", default=False)
            or (label is None and _flag(arguments, "usedOverridden", default=False)),
            requires=self._optional_field_set(arguments.get("requires"), parent),
            provides=self._optional_field_set(arguments.get("provides"), ref.name),
            override_label=label,
            contexts=self._contexts.arguments(self._graph(arguments), arguments),
        )

    def _override_labels(self, sources: Sequence[_Arguments]) -> dict[int, OverrideLabel]:
        labels: dict[int, OverrideLabel] = {}
        ids = {name: graph for graph, name in enumerate(self._graph_names)}
        for arguments in sources:
            label = text_of(arguments.get("overrideLabel"))
            if label is None:
                continue
            source = text_of(arguments.get("override"))
            labels[self._graph(arguments)] = OverrideLabel(label, source is not None)
            if source in ids:
                # Some composers mark only the graph that takes over.
                labels.setdefault(ids[source], OverrideLabel(label, resolves_when_active=False))
        return labels

    def _optional_field_set(self, value: ValueNode | None, parent: str) -> FieldSet | None:
        text = text_of(value)
        return self._field_sets.read(text, parent) if text else None

    # Directives

    def _applied(
        self, name: str, directives: Sequence[ConstDirectiveNode] | None
    ) -> Iterator[_Arguments]:
        local = self._join.directive(name)
        for directive in directives or ():
            if directive.name.value == local:
                yield directive_arguments(directive)

    def _graph(self, arguments: Mapping[str, ValueNode]) -> int:
        name = text_of(arguments.get("graph"))
        if name not in self._graph_ids:
            raise SupergraphInvalid(f"A join directive names the graph {name}, which is not there.")
        return self._graph_ids[name]

    def _is_inaccessible(self, directives: Sequence[ConstDirectiveNode] | None) -> bool:
        return any(directive.name.value == self._inaccessible for directive in directives or ())


def _fields(node: TypeDefinitionNode) -> Sequence[FieldDefinitionNode]:
    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return node.fields or ()
    return ()


def _flag(arguments: _Arguments, name: str, *, default: bool) -> bool:
    value = arguments.get(name)
    return value.value if isinstance(value, BooleanValueNode) else default


def _mask(graphs: Sequence[int]) -> int:
    return reduce(lambda mask, graph: mask | 1 << graph, graphs, 0)


def _built_in_scalar(name: str, graphs: int) -> TypeDefinition:
    return TypeDefinition(
        name=name,
        kind=TypeKind.SCALAR,
        graphs=graphs,
        is_inaccessible=False,
        fields=MappingProxyType({}),
        interfaces=MappingProxyType({}),
        members=MappingProxyType({}),
    )


def _resolve_key_fields(definition: TypeDefinition) -> TypeDefinition:
    """Let every graph resolve the key fields it declares, as v0.1 takes for granted."""
    fields = dict(definition.fields)
    for key in definition.keys:
        for selection in key.fields.selections:
            fields[selection.name] = _resolved_in(fields[selection.name], key.graph)
    return replace(definition, fields=MappingProxyType(fields))


def _resolved_in(field: FieldDefinition, graph: int) -> FieldDefinition:
    if graph in field.graphs and not field.graphs[graph].is_external:
        return field
    resolved = GraphField(
        type=field.type, is_external=False, requires=None, provides=None, override_label=None
    )
    return replace(field, graphs=MappingProxyType({**field.graphs, graph: resolved}))
