"""Where the entities of a call are in the response tree, and what of them is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.query_plan.nodes import (
    ITEM,
    ContextSource,
    EntityTarget,
    OnTypes,
    PathSegment,
    RepresentationField,
    RepresentationShape,
    ResponsePath,
)
from gateway.supergraph.model import ContextKey, Supergraph
from gateway.supergraph.type_kinds import TypeKind

from .fetch_graph import Call
from .frames import Frame, Input
from .scopes import PlanClass, Scope

TYPENAME_KEY = "__typename"
"""Where every object carries its runtime type; response keys never give it away."""


def response_path(scope: Scope) -> ResponsePath:
    """The path from the root of the response tree to the objects of a scope."""
    segments: list[PathSegment] = []
    while scope.parents:
        parent = scope.parents[0]
        segments += [ITEM] * parent.type.list_depth
        segments.append(parent.key)
        if scope.is_partial:
            types = {name for each in scope.parents for name in each.home.types}
            segments.append(OnTypes(frozenset(types), TYPENAME_KEY))
        scope = parent.home.scope
    return tuple(reversed(segments))


def entity_target(
    supergraph: Supergraph, call: Call, context_keys: Sequence[ContextKey] = ()
) -> EntityTarget:
    """What of which objects a call sends, and where what it takes from contexts is read."""
    shapes: dict[tuple[frozenset[str] | None, str], dict[str, RepresentationField]] = {}
    for frame in call.frames:
        for types, typename in _shapes_sent(supergraph, frame):
            known = shapes.setdefault((types, typename), {})
            for each in _fields(frame.inputs):
                known[each.name] = _joined(known.get(each.name), each)
    found = [
        RepresentationShape(types=types, typename=typename, fields=tuple(fields.values()))
        for (types, typename), fields in shapes.items()
    ]
    found = _without_types(call.scope, found)
    is_typed = any(shape.types is not None for shape in found)
    return EntityTarget(
        path=response_path(call.scope),
        typename_key=TYPENAME_KEY if is_typed else None,
        shapes=tuple(found),
        contexts=_context_sources(call, context_keys) if context_keys else (),
    )


def _context_sources(call: Call, keys: Sequence[ContextKey]) -> tuple[ContextSource, ...]:
    contexts = {each.argument.key: each for frame in call.frames for each in frame.contexts}
    return tuple(
        ContextSource(
            depth=len(response_path(contexts[key].home.scope)),
            field=next(_fields(contexts[key].inputs), None),
        )
        for key in keys
    )


def _shapes_sent(
    supergraph: Supergraph, frame: Frame
) -> Iterator[tuple[frozenset[str] | None, str]]:
    typename = frame.entry.typename if frame.entry else frame.local_type
    if not frame.input_classes:
        yield None, typename
        return
    is_by_type = supergraph.types[typename].kind is TypeKind.OBJECT
    for home in frame.input_classes:
        if home.knows_type:
            yield None, typename
        elif is_by_type:
            for name in home.types:
                yield frozenset({name}), name
        else:
            yield frozenset(home.types), typename


def _without_types(scope: Scope, shapes: list[RepresentationShape]) -> list[RepresentationShape]:
    """One shape without types, if all objects are sent alike whatever their type."""
    first = shapes[0]
    if any(
        shape.types is None or shape.typename != first.typename or shape.fields != first.fields
        for shape in shapes
    ):
        return shapes
    types = {name for shape in shapes for name in shape.types or ()}
    if not types >= scope.returned_types:
        return shapes
    return [RepresentationShape(types=None, typename=first.typename, fields=first.fields)]


def _fields(inputs: Iterable[Input]) -> Iterator[RepresentationField]:
    for each in inputs:
        yield RepresentationField(
            name=each.demand.name,
            source=each.demand.key,
            is_key=each.is_key,
            shapes=tuple(_shapes_below(each.below)),
        )


def _shapes_below(
    below: Iterable[tuple[PlanClass, tuple[Input, ...]]],
) -> Iterator[RepresentationShape]:
    for home, inputs in below:
        fields = tuple(_fields(inputs))
        if home.knows_type or home.is_whole:
            yield RepresentationShape(types=None, typename=None, fields=fields)
        else:
            for name in home.types:
                yield RepresentationShape(types=frozenset({name}), typename=name, fields=fields)


def _joined(known: RepresentationField | None, field: RepresentationField) -> RepresentationField:
    """One field that carries what two of the same name carry."""
    if known is None or known == field:
        return field
    shapes: dict[tuple[frozenset[str] | None, str | None], dict[str, RepresentationField]] = {}
    for shape in (*known.shapes, *field.shapes):
        fields = shapes.setdefault((shape.types, shape.typename), {})
        for each in shape.fields:
            fields[each.name] = _joined(fields.get(each.name), each)
    return RepresentationField(
        name=known.name,
        source=known.source,
        is_key=known.is_key or field.is_key,
        shapes=tuple(
            RepresentationShape(types=types, typename=typename, fields=tuple(fields.values()))
            for (types, typename), fields in shapes.items()
        ),
    )
