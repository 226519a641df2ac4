"""Loads a supergraph: SDL with join directives, v0.1 to v0.5, by any composer, into the model.

Spec: Apollo ``join``. What the versions leave out is filled in here, so that no later phase knows of
them: a field without ``join__field`` is resolved by every graph of its type, a union without
``join__unionMember`` has all members everywhere, and in v0.1 an entity's key fields are resolved by
every graph that declares the key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    ValueNode,
)

from gateway.errors import SupergraphInvalid

from .api_schema import build_api_schema
from .built_in import BUILT_IN_SCALARS
from .contexts import ContextReader
from .features import directive_arguments, read_features, text_of
from .field_sets import FieldSetReader
from .join_directives import Arguments, JoinDirectives, flag
from .model import (
    FieldDefinition,
    FieldSet,
    GraphField,
    Key,
    OverrideLabel,
    Supergraph,
    TypeDefinition,
)
from .parse_sdl import parse_sdl
from .root_types import read_root_types
from .type_kinds import TypeKind, kind_of
from .type_ref import TypeRef, parse_type_ref, type_ref
from .types_by_graph import TypesByGraph


def load_supergraph(sdl: str) -> Supergraph:
    """Load a supergraph.

    Raises:
        SupergraphInvalid: it is no GraphQL, no supergraph, contradicts itself, or needs a feature
            that the gateway does not have.
    """
    try:
        document = parse_sdl(sdl, no_location=True)
    except GraphQLError as error:
        raise SupergraphInvalid(f"The supergraph is no GraphQL: {error.message}") from error
    return _Loader(sdl, document).load()


class _Loader:
    """Reads one document, once."""

    def __init__(self, sdl: str, document: DocumentNode) -> None:
        self._sdl = sdl
        self._document = document
        self._features = read_features(document)
        self._inaccessible = self._features.directive("inaccessible", "inaccessible")
        self._definitions = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, TypeDefinitionNode)
            and not self._features.owns(definition.name.value)
        }
        self._join = JoinDirectives(document, self._features.join)
        self._spread = TypesByGraph(self._definitions, self._join)
        self._field_refs = {
            name: {field.name.value: type_ref(field.type) for field in _fields(node)}
            for name, node in self._definitions.items()
        }
        self._field_sets = FieldSetReader(self._named_field_type, self._spread.possible_types)
        self._contexts = ContextReader(self._field_sets, self._context_setters())

    def load(self) -> Supergraph:
        types = {name: self._type(node) for name, node in self._definitions.items()}
        for name in BUILT_IN_SCALARS:
            types[name] = _built_in_scalar(name, self._join.all_graphs)
        if self._join.is_first_version:
            types = {name: _resolve_key_fields(definition) for name, definition in types.items()}
        return Supergraph(
            id=hashlib.sha256(self._sdl.encode()).hexdigest(),
            subgraphs=MappingProxyType(self._join.urls),
            graph_names=self._join.graph_names,
            api_schema=build_api_schema(self._document, self._features),
            types=MappingProxyType(types),
            root_types=MappingProxyType(read_root_types(self._document, self._definitions)),
            possible_types=MappingProxyType(self._spread.possible),
            local_types=MappingProxyType({name: self._spread.local_types(name) for name in types}),
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

    # Types

    def _context_setters(self) -> dict[str, dict[str, tuple[frozenset[str], ...]]]:
        """By context: the types that set it, and by graph the object types these are."""
        local = self._features.directive("context", "context") or "context"
        found: dict[str, dict[str, tuple[frozenset[str], ...]]] = {}
        for type_name, node in self._definitions.items():
            for directive in node.directives or ():
                if directive.name.value == local:
                    name = text_of(directive_arguments(directive).get("name")) or ""
                    found.setdefault(name, {})[type_name] = self._spread.objects_of(type_name)
        return found

    def _named_field_type(self, parent: str, field: str) -> str | None:
        found = self._field_refs.get(parent, {}).get(field)
        return None if found is None else found.name

    def _type(self, node: TypeDefinitionNode) -> TypeDefinition:
        name = node.name.value
        keys = tuple(
            Key(
                graph=self._join.graph(arguments),
                fields=self._field_sets.read(text, name),
                is_resolvable=flag(arguments, "resolvable", default=True),
            )
            for arguments in self._join.applied("type", node.directives)
            if (text := text_of(arguments.get("key"))) is not None
        )
        return TypeDefinition(
            name=name,
            kind=kind_of(node),
            graphs=self._spread.graphs[name],
            is_inaccessible=self._is_inaccessible(node.directives),
            keys=keys,
            interface_object_graphs=self._spread.interface_objects[name],
            fields=MappingProxyType(
                {field.name.value: self._field(node, field) for field in _fields(node)}
            ),
            interfaces=MappingProxyType(self._spread.interfaces[name]),
            members=MappingProxyType(self._spread.members[name]),
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
        applied = list(self._join.applied("field", node.directives))
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
                (graph := self._join.graph(arguments)): self._graph_field(
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
        owners = self._join.mask(self._join.applied("owner", parent.directives))
        mask = owners or self._spread.graphs[parent.name.value]
        return (graph for graph in range(len(self._join.graph_names)) if mask >> graph & 1)

    def _graph_field(
        self, parent: str, ref: TypeRef, arguments: Arguments, label: OverrideLabel | None
    ) -> GraphField:
        text = text_of(arguments.get("type"))
        return GraphField(
            type=ref if text is None else parse_type_ref(text),
            # An override under a label leaves the field resolved while the label says so.
            is_external=flag(arguments, "external", default=False)
            or (label is None and flag(arguments, "usedOverridden", default=False)),
            requires=self._optional_field_set(arguments.get("requires"), parent),
            provides=self._optional_field_set(arguments.get("provides"), ref.name),
            override_label=label,
            contexts=self._contexts.arguments(self._join.graph(arguments), arguments),
        )

    def _override_labels(self, sources: Sequence[Arguments]) -> dict[int, OverrideLabel]:
        labels: dict[int, OverrideLabel] = {}
        ids = {name: graph for graph, name in enumerate(self._join.graph_names)}
        for arguments in sources:
            label = text_of(arguments.get("overrideLabel"))
            if label is None:
                continue
            source = text_of(arguments.get("override"))
            labels[self._join.graph(arguments)] = OverrideLabel(label, source is not None)
            if source in ids:
                # Some composers mark only the graph that takes over.
                labels.setdefault(ids[source], OverrideLabel(label, resolves_when_active=False))
        return labels

    def _optional_field_set(self, value: ValueNode | None, parent: str) -> FieldSet | None:
        text = text_of(value)
        return self._field_sets.read(text, parent) if text else None

    # Directives

    def _is_inaccessible(self, directives: Sequence[ConstDirectiveNode] | None) -> bool:
        return any(directive.name.value == self._inaccessible for directive in directives or ())


def _fields(node: TypeDefinitionNode) -> Sequence[FieldDefinitionNode]:
    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return node.fields or ()
    return ()


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
