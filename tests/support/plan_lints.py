"""What must be true of every plan, whatever it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    validate,
)

from gateway.query_plan.nodes import (
    ITEM,
    EntityTarget,
    Fetch,
    ListProjection,
    ObjectProjection,
    OnTypes,
    QueryPlan,
    RepresentationField,
    ResponsePath,
    ValueProjection,
    fill_selection,
)
from gateway.supergraph.model import Supergraph

Path = tuple[str, ...]


def lint_plan(
    plan: QueryPlan, supergraph: Supergraph, schemas: Mapping[str, GraphQLSchema]
) -> list[str]:
    """What is wrong with a plan: nothing, if planning is right.

    ``schemas`` are the subgraphs' own schemas, with ``_entities``.
    """
    return [
        *_order(plan),
        *_operations(plan, schemas),
        *_keys(plan, supergraph),
        *_inputs(plan),
        *_contexts(plan),
        *_leftovers(plan),
    ]


def _order(plan: QueryPlan) -> Iterator[str]:
    for place, fetch in enumerate(plan.fetches):
        if fetch.id != place or any(number >= place for number in fetch.depends_on):
            yield f"fetch {fetch.id} does not come after what it depends on"


def _operations(plan: QueryPlan, schemas: Mapping[str, GraphQLSchema]) -> Iterator[str]:
    """Every operation is valid in its subgraph, overlapping fields included."""
    for fetch in plan.fetches:
        for error in validate(schemas[fetch.subgraph], parse(fetch.operation)):
            yield f"fetch {fetch.id} to {fetch.subgraph}: {error.message}"


def _keys(plan: QueryPlan, supergraph: Supergraph) -> Iterator[str]:
    """Every representation carries a resolvable key of the subgraph it goes to."""
    for fetch in plan.fetches:
        graph = supergraph.graph_names.index(fetch.subgraph)
        for group in fetch.entities:
            for target in group.targets:
                for shape in target.shapes:
                    names = {field.name for field in shape.fields if field.is_key}
                    keys = [
                        {selection.name for selection in key.fields.selections}
                        for key in supergraph.types[shape.typename or ""].keys
                        if key.graph == graph and key.is_resolvable
                    ]
                    if not any(key <= names for key in keys):
                        yield f"fetch {fetch.id} enters {shape.typename} with {sorted(names)}"


def _contexts(plan: QueryPlan) -> Iterator[str]:
    """Context variables are defined and used, and every target says where their values are, above it."""
    for fetch in plan.fetches:
        client = {text.partition(":")[0] for text in fetch.definitions}
        for group in fetch.entities:
            for target in group.targets:
                depths = [source.depth for source in target.contexts]
                if len(depths) != len(group.contexts):
                    yield f"fetch {fetch.id} does not say where {group.alias} takes contexts from"
                if any(depth >= len(target.path) for depth in depths):
                    yield f"fetch {fetch.id} takes contexts from where its entities are"
            for variable in group.contexts:
                if f"${variable.name}: {variable.type}" not in fetch.operation:
                    yield f"fetch {fetch.id} does not define ${variable.name}"
                if f"${variable.name}" in client:
                    yield f"fetch {fetch.id} takes ${variable.name} from the client and a context"
            if group.selection and fill_selection(group) not in fetch.operation:
                yield f"fetch {fetch.id} has parts that are not those of its operation"


def _inputs(plan: QueryPlan) -> Iterator[str]:
    """Everything a representation carries was fetched by what the fetch depends on."""
    written = {fetch.id: set(_written(fetch)) for fetch in plan.fetches}
    before: dict[int, set[Path]] = {}
    for fetch in plan.fetches:
        known: set[Path] = set()
        for number in fetch.depends_on:
            known |= before.get(number, set()) | written[number]
        before[fetch.id] = known
        for path in _read(fetch):
            if path not in known:
                yield f"fetch {fetch.id} reads {'.'.join(path)}, which is not there yet"


def _leftovers(plan: QueryPlan) -> Iterator[str]:
    """Every leaf fetched is shown or sent on."""
    used = set(_projected(plan.projection, ()))
    for fetch in plan.fetches:
        used |= set(_read(fetch))
    for fetch in plan.fetches:
        for path in _written(fetch, leaves_only=True):
            if path not in used and path[-1] != "__typename":
                yield f"fetch {fetch.id} fetches {'.'.join(path)} for nobody"


# Paths are without list items and types: where, not of what.


def _plain(path: ResponsePath) -> Path:
    return tuple(
        segment for segment in path if not isinstance(segment, OnTypes) and segment != ITEM
    )


def _written(fetch: Fetch, *, leaves_only: bool = False) -> Iterator[Path]:
    definition = parse(fetch.operation).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    if not fetch.entities:
        yield from _selected(definition.selection_set, _plain(fetch.path), leaves_only=leaves_only)
        return
    for node in definition.selection_set.selections:
        assert isinstance(node, FieldNode)
        assert node.selection_set is not None
        alias = node.alias.value if node.alias else node.name.value
        for group in fetch.entities:
            if group.alias == alias:
                for target in group.targets:
                    yield from _selected(
                        node.selection_set, _plain(target.path), leaves_only=leaves_only
                    )


def _selected(node: SelectionSetNode, path: Path, *, leaves_only: bool) -> Iterator[Path]:
    for item in node.selections:
        if isinstance(item, InlineFragmentNode):
            yield from _selected(item.selection_set, path, leaves_only=leaves_only)
        elif isinstance(item, FieldNode):
            here = (*path, item.alias.value if item.alias else item.name.value)
            if item.selection_set is None or not leaves_only:
                yield here
            if item.selection_set is not None:
                yield from _selected(item.selection_set, here, leaves_only=leaves_only)


def _read(fetch: Fetch) -> Iterator[Path]:
    yield from _types_read(fetch.path)
    for group in fetch.entities:
        for target in group.targets:
            yield from _types_read(target.path)
            yield from _target_read(target)


def _target_read(target: EntityTarget) -> Iterator[Path]:
    path = _plain(target.path)
    if target.typename_key is not None:
        yield (*path, target.typename_key)
    for shape in target.shapes:
        yield from _fields_read(shape.fields, path)
    for source in target.contexts:
        if source.field is not None:
            yield from _fields_read([source.field], _plain(target.path[: source.depth]))


def _fields_read(fields: Sequence[RepresentationField], path: Path) -> Iterator[Path]:
    for field in fields:
        here = (*path, field.source)
        yield here
        if any(shape.types is not None for shape in field.shapes):
            yield (*here, "__typename")
        for shape in field.shapes:
            yield from _fields_read(shape.fields, here)


def _types_read(path: ResponsePath) -> Iterator[Path]:
    for place, segment in enumerate(path):
        if isinstance(segment, OnTypes):
            yield (*_plain(path[:place]), segment.typename_key)


def _projected(value: ValueProjection, path: Path) -> Iterator[Path]:
    match value:
        case ListProjection():
            yield from _projected(value.item, path)
        case ObjectProjection():
            for each in value.classes:
                for field in each.fields:
                    yield (*path, field.source)
                    yield from _projected(field.value, (*path, field.source))
