"""What a planner returns and an executor carries out: fetches, where their entities are, and the answer's shape.

A plan is immutable and belongs to one *specialised* operation (``@skip`` and ``@include`` already decided), so one
cached plan serves many requests at once and holds no conditions. It has two halves:

* ``fetches``, a graph ordered by ``depends_on``. Every fetch writes into one **response tree**, whose objects are keyed
  by *physical keys*: the response keys of the subgraph operations. They are unique per position, so results are
  attached and merged, never renamed.
* ``projection``, which turns that tree into the client's answer: which physical key feeds which response key, of which
  type, under which runtime type. What is not in it (key fields, inputs of ``@requires``) never leaves the gateway.

``printer.py`` turns a plan into the tree of Sequence, Parallel, Flatten and Fetch that people know.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class OperationKind(StrEnum):
    """The three operation types of GraphQL."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


ITEM = "@"
"""The path segment for every item of a list. ``@`` cannot start a GraphQL name, so it never meets a key."""


@dataclass(frozen=True, slots=True)
class OnTypes:
    """A path segment that lets only objects of these runtime types pass."""

    types: frozenset[str]
    typename_key: str
    """The physical key under which the object here carries its runtime type."""


PathSegment: TypeAlias = str | OnTypes
ResponsePath: TypeAlias = tuple[PathSegment, ...]
"""Physical keys from the root of the response tree: ``("topProducts", "@", "reviews", "@")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationField:
    """One field of a representation, read from an object of the response tree."""

    name: str
    """The name the target subgraph reads: always the schema's, whatever alias the value was fetched under."""

    source: str
    """The physical key that holds the value."""

    is_key: bool
    """A key part: the object is left out when the part is missing, or when every leaf of the key is null.

    ``False`` for an input of ``@requires``, where null is a value like any other.
    """

    shapes: tuple[RepresentationShape, ...] = ()
    """For a composite value, what to read of it by runtime type; empty for a leaf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationShape:
    """What to read of an object whose runtime type is one of ``types``."""

    types: frozenset[str] | None
    """The runtime types this shape is for; ``None`` when the position allows but one."""

    typename: str | None
    """What to write as ``__typename``: ``None`` leaves it out (values nested inside a representation).

    An interface's name where the target knows the interface as an interface object.
    """

    fields: tuple[RepresentationField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextVariable:
    """A variable of one ``_entities`` field whose value is not the client's but comes from the response tree.

    Its value may differ from entity to entity. Entities with the same values are asked for together; when
    there are several lots of them, each gets an ``_entities`` field and variables of its own.
    """

    name: str
    """Without ``$``."""

    type: str
    """As GraphQL text. An entity for which a non-null one has no value is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextSource:
    """Where the value of a context variable is, for the entities of one target."""

    depth: int
    """How many segments of the target's path lead to the object that sets the context."""

    field: RepresentationField | None
    """What to read of that object, down to one leaf; ``None`` for null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityTarget:
    """Objects of the response tree that a fetch completes."""

    path: ResponsePath
    typename_key: str | None
    """Where the objects carry their runtime type; ``None`` when every shape's ``types`` is ``None``."""

    shapes: tuple[RepresentationShape, ...]
    contexts: tuple[ContextSource, ...] = ()
    """In step with the context variables of the group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityGroup:
    """One ``_entities`` field of a fetch's operation, with all the targets that share its selection."""

    alias: str
    """Its response key in the operation: ``_entities``, or ``_e0``, ``_e1`` … when there are several."""

    variable: str
    """The variable that takes its representations, without ``$``."""

    targets: tuple[EntityTarget, ...]
    contexts: tuple[ContextVariable, ...] = ()
    selection: tuple[str | int, ...] = ()
    """Its selection set, when the fetch has contexts: text, and numbers of ``contexts`` between."""

    client_variables: tuple[str, ...] = ()
    """The client's variables in its selection set, when the fetch has contexts."""


def fill_selection(group: EntityGroup, suffix: str = "") -> str:
    """The selection set of a group in a fetch with contexts, as text.

    ``suffix`` goes behind the names of its context variables, to tell lots of entities apart.
    """
    return "".join(
        part if isinstance(part, str) else f"${group.contexts[part].name}{suffix}"
        for part in group.selection
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One operation sent to one subgraph."""

    id: int
    """Its place in ``QueryPlan.fetches``."""

    subgraph: str
    kind: OperationKind
    operation: str
    """GraphQL text, complete with its variable definitions."""

    variables: tuple[str, ...] = ()
    """Names of the client variables to forward, without ``$``."""

    definitions: tuple[str, ...] = ()
    """In step with ``variables``, ``$first: Int``, when the fetch has contexts.

    ``operation`` is then what is sent as long as each group's entities have the same values.
    """

    entities: tuple[EntityGroup, ...] = ()
    """Empty for a fetch from a root type, whose ``data`` merges into the objects at ``path``."""

    path: ResponsePath = ()
    """For a fetch from a root type: nearly always the root of the response tree.

    Below it when a field returns the query type again (``type Payload { query: Query }``): then
    ``data`` merges into each object found there, and nothing is sent when there is none.
    """

    depends_on: tuple[int, ...] = ()
    """Fetches whose results this one reads, and for a mutation also the root field before it."""


class LeafKind(StrEnum):
    """How a leaf is checked before it reaches the client."""

    STRING = "String"
    ID = "ID"
    INT = "Int"
    FLOAT = "Float"
    BOOLEAN = "Boolean"
    CUSTOM = "custom"
    """A custom scalar: any JSON, passed on as it is."""


@dataclass(frozen=True, slots=True)
class LeafProjection:
    """A scalar."""

    kind: LeafKind


@dataclass(frozen=True, slots=True)
class EnumProjection:
    """An enum: any value but these becomes null, with an error."""

    name: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class TypenameProjection:
    """``__typename``: the runtime type by which the object's class was chosen, or the only one it can have."""

    constant: str | None
    """The name when the position allows but one; ``None`` to read the scope's ``typename_key``."""


@dataclass(frozen=True, slots=True)
class IntrospectionProjection:
    """A ``__schema`` or ``__type`` field, answered from the API schema and already shaped."""


@dataclass(frozen=True, slots=True)
class DeniedProjection:
    """A field that the client may not see: null, with nothing to read."""


@dataclass(frozen=True, slots=True)
class ListProjection:
    """A list; ``item_non_null`` says whether a null item nulls the list."""

    item: ValueProjection
    item_non_null: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProjection:
    """One entry of a response object."""

    response_key: str
    source: str
    """The physical key to read; an absent one counts as null."""

    value: ValueProjection
    non_null: bool
    """Whether the API schema forbids null here, so that null climbs to the nearest nullable parent."""

    coordinate: str
    """``Type.field``, for error messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassProjection:
    """The entries of an object whose runtime type is one of ``types``, in the client's order."""

    types: frozenset[str]
    fields: tuple[FieldProjection, ...]

    fragments: tuple[DeferredFragment, ...] = ()
    """The fragments that stand at these objects and are deferred."""

    groups: tuple[int, ...] = ()
    """The deferred groups that add to these objects."""


@dataclass(frozen=True, slots=True)
class DeferredFragment:
    """The fragment of a deferred part, at the objects that it stands at."""

    part: int
    projection: ObjectProjection
    """All that it selects of the objects, whoever else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectProjection:
    """An object, by class of runtime types. A type that is in no class is unknown to the client: null."""

    typename_key: str | None
    """Where the runtime type is; ``None`` when there is but one class and its type needs no looking up."""

    classes: tuple[ClassProjection, ...]
    denied: frozenset[str] = frozenset()
    """Runtime types that the client may not see: null, with an error for the position."""


ValueProjection: TypeAlias = (
    LeafProjection
    | EnumProjection
    | TypenameProjection
    | IntrospectionProjection
    | DeniedProjection
    | ListProjection
    | ObjectProjection
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredPart:
    """One ``@defer``: answered after the part around it, once its fetches are done."""

    id: int
    """Its place in ``Deferral.parts``."""

    label: str | None
    parent: int | None
    """The part around it; ``None`` for the primary one."""

    path: tuple[str, ...]
    """The response keys that lead to its fragment."""

    fetches: frozenset[int]
    """All that it waits for, but for those of the primary part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredGroup:
    """Fields that are selected in the same parts, at one position: answered once, with the first of them."""

    id: int
    """Its place in ``Deferral.groups``."""

    parts: frozenset[int]
    projection: ObjectProjection
    """What it adds to the objects of its position; what is in there already is not among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """How an answer is divided into a primary part and deferred ones.

    Primary part and groups share nothing: together they are ``QueryPlan.projection``. A group is named by the
    projection whose objects it adds to (``ClassProjection.groups``).
    """

    primary: ObjectProjection
    primary_fetches: frozenset[int]
    parts: tuple[DeferredPart, ...]
    """Every part after the one around it."""

    groups: tuple[DeferredGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """Everything needed to answer one specialised operation."""

    kind: OperationKind
    fetches: tuple[Fetch, ...]
    """In an order in which every fetch comes after those it depends on."""

    projection: ObjectProjection
    introspection: str | None = None
    """A query holding only the ``__schema`` and ``__type`` root fields, to run on the API schema.

    Its response keys are those that the projection's ``IntrospectionProjection`` entries read.
    """

    deferral: Deferral | None = None
    """How to answer in parts; ``None`` when nothing can be put off. ``projection`` is the answer in one piece."""

    denied: tuple[tuple[str, ...], ...] = ()
    """Where the operation asks for what its client may not see: response keys from the root, each place once."""
