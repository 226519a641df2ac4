"""What a supergraph says, as data: which subgraph knows and resolves what.

Graphs are numbered in the order of ``join__Graph``; a *mask* is an int with one bit per graph.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import DocumentNode, GraphQLSchema

from .features import Features
from .selections import Selection
from .type_kinds import TypeKind
from .type_ref import TypeRef


@dataclass(frozen=True, slots=True)
class FieldSet:
    """A ``fields:`` argument, read."""

    text: str
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A ``@key`` of one type in one graph."""

    graph: int
    fields: FieldSet
    is_resolvable: bool
    """Whether the graph can be entered with it; ``False`` for ``resolvable: false``."""


@dataclass(frozen=True, slots=True)
class OverrideLabel:
    """A progressive override: the field is resolved here while its label is (or is not) active."""

    label: str
    resolves_when_active: bool


ContextKey: TypeAlias = tuple[str, str, str]
"""What tells values from contexts apart: the context, the selection, and the type of the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextArgument:
    """An argument that the gateway fills in from an object above the field's (``@fromContext``)."""

    name: str
    type: TypeRef
    """The argument's type in its graph."""

    key: ContextKey
    """Arguments with equal keys have the same value for the same object."""

    selections: Mapping[str, Selection | None] = field(compare=False)
    """By every type that sets the context: the field to read there, down to one leaf.

    ``None`` where nothing is selected of a type, so that the value is null.
    """

    @property
    def local_context(self) -> str:
        """The context's name as its subgraph has it."""
        return self.key[0].rpartition("__")[2]

    def gives(self, type_name: str) -> bool:
        """Whether objects of a type that sets the context have a value that the argument may take."""
        return self.selections[type_name] is not None or not self.type.non_null[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphField:
    """A field as one graph has it."""

    type: TypeRef
    """Its type there: it may be narrower or stricter than the supergraph's."""

    is_external: bool
    """Known there but not resolved, short of a ``@provides``: ``external``, or ``usedOverridden`` without a label."""

    requires: FieldSet | None
    provides: FieldSet | None
    override_label: OverrideLabel | None
    contexts: tuple[ContextArgument, ...] = ()
    """Arguments that clients do not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDefinition:
    """A field of an object or interface."""

    name: str
    type: TypeRef
    graphs: Mapping[int, GraphField]
    """The graphs that know it. Empty when only an interface object supplies it."""

    is_inaccessible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeDefinition:
    """A named type; what does not apply to its kind is empty."""

    name: str
    kind: TypeKind
    graphs: int
    """Mask of the graphs that define it."""

    is_inaccessible: bool
    keys: tuple[Key, ...] = ()
    interface_object_graphs: int = 0
    """Mask of the graphs in which this interface is an object (``@interfaceObject``)."""

    fields: Mapping[str, FieldDefinition]
    interfaces: Mapping[str, int]
    """Interfaces it implements, with the mask of graphs in which it does."""

    members: Mapping[str, int]
    """Members of a union, with the mask of graphs in which they are."""

    enum_values: tuple[str, ...] = ()
    """Values of an enum, without the inaccessible ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Supergraph:
    """A loaded supergraph. Compared by identity, so that what is derived from it can be kept."""

    id: str
    """Hash of the SDL: equal for equal text."""

    subgraphs: Mapping[str, str]
    """Name to URL, in the order of ``graph_names``."""

    graph_names: tuple[str, ...]
    api_schema: GraphQLSchema
    types: Mapping[str, TypeDefinition]
    root_types: Mapping[str, str]
    """``query``, ``mutation``, ``subscription`` to the name of their type, as far as there is one."""

    possible_types: Mapping[str, frozenset[str]]
    """Object types that a value of a composite type can be, inaccessible ones included."""

    local_types: Mapping[str, tuple[frozenset[str], ...]]
    """The same by graph: what the graph itself believes. Empty where it does not know the type."""

    override_labels: frozenset[str]
    """All labels of progressive overrides."""

    context_values: tuple[ContextArgument, ...] = ()
    """One argument for each value that is read from a context; empty when there are no contexts."""

    document: DocumentNode
    """The supergraph's syntax, for what the model leaves out (authorization, cost, tags)."""

    features: Features
    derived: dict[Hashable, object] = field(default_factory=dict, repr=False)
    """What is kept of it by ``derived.py``, and goes when it goes."""

    def is_visible(self, type_name: str) -> bool:
        """Whether the API schema has the type."""
        return type_name in self.api_schema.type_map
