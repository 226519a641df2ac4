"""Writes a plan for people: the tree of Sequence, Parallel, Flatten and Fetch, as text or as JSON.

The tree is a view: the executor follows ``depends_on``, which may start a fetch before all of the stage
above it is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from graphql import parse, print_ast

from .nodes import (
    ContextSource,
    Deferral,
    DeferredPart,
    EntityGroup,
    EntityTarget,
    Fetch,
    OnTypes,
    OperationKind,
    PathSegment,
    QueryPlan,
    RepresentationField,
    RepresentationShape,
)

_INDENT = "  "


def print_plan(plan: QueryPlan) -> str:
    """Write a plan as an indented tree; an empty plan is one line."""
    name = "QueryPlan" if plan.kind is OperationKind.QUERY else f"QueryPlan({plan.kind.value})"
    if not plan.fetches:
        return f"{name} {{}}\n"
    tree = _sequence(_stages(plan.fetches)) if plan.deferral is None else _defer(plan)
    lines = [f"{name} {{", *_indent(tree), "}"]
    return "\n".join(lines) + "\n"


def plan_to_json(plan: QueryPlan) -> dict[str, object]:
    """Write a plan as JSON values: ``{"kind": "QueryPlan", "node": …}``, ``node`` null when empty."""
    return {
        "kind": "QueryPlan",
        "operationKind": plan.kind.value,
        "node": _sequence_json(plan.fetches) if plan.deferral is None else _defer_json(plan),
        "introspection": plan.introspection,
    }


def _stages(fetches: Iterable[Fetch]) -> list[list[Fetch]]:
    """Fetches by how many others have to come before them, one after the other."""
    depths: dict[int, int] = {}
    stages: list[list[Fetch]] = []
    for fetch in fetches:
        depth = 1 + max((depths.get(number, -1) for number in fetch.depends_on), default=-1)
        depths[fetch.id] = depth
        if depth == len(stages):
            stages.append([])
        stages[depth].append(fetch)
    return stages


def _deferred(deferral: Deferral, plan: QueryPlan) -> dict[tuple[DeferredPart, ...], list[Fetch]]:
    """The fetches that the primary part does not wait for, by the parts that do; of parts in each other, the outer."""
    found: dict[tuple[DeferredPart, ...], list[Fetch]] = {}
    for fetch in plan.fetches:
        if fetch.id not in deferral.primary_fetches:
            waiting = [part for part in deferral.parts if fetch.id in part.fetches]
            numbers = {part.id for part in waiting}
            outer = tuple(part for part in waiting if part.parent not in numbers)
            found.setdefault(outer, []).append(fetch)
    return found


# Text


def _defer(plan: QueryPlan) -> Iterator[str]:
    assert plan.deferral is not None  # noqa: S101 - who calls has looked
    primary = plan.deferral.primary_fetches
    yield "Defer {"
    yield f"{_INDENT}Primary {{"
    stages = _stages(fetch for fetch in plan.fetches if fetch.id in primary)
    yield from _indent(_indent(_sequence(stages)))
    yield f"{_INDENT}}}"
    for parts, fetches in _deferred(plan.deferral, plan).items():
        yield f"{_INDENT}Deferred({'; '.join(map(_part, parts))}) {{"
        yield from _indent(_indent(_sequence(_stages(fetches))))
        yield f"{_INDENT}}}"
    yield "}"


def _part(part: DeferredPart) -> str:
    text = f'part: {part.id}, path: "{".".join(part.path)}"'
    if part.label is not None:
        text += f", label: {json.dumps(part.label)}"
    return text if part.parent is None else f"{text}, within: {part.parent}"


def _sequence(stages: list[list[Fetch]]) -> Iterator[str]:
    if len(stages) < 2:
        for stage in stages:
            yield from _parallel(stage)
        return
    yield "Sequence {"
    for stage in stages:
        yield from _indent(_parallel(stage))
    yield "}"


def _parallel(stage: list[Fetch]) -> Iterator[str]:
    if len(stage) == 1:
        yield from _fetch(stage[0])
        return
    yield "Parallel {"
    for fetch in stage:
        yield from _indent(_fetch(fetch))
    yield "}"


def _fetch(fetch: Fetch) -> Iterator[str]:
    targets = [(group, target) for group in fetch.entities for target in group.targets]
    is_batch = len(fetch.entities) > 1
    if fetch.path:
        yield f'Flatten(path: "{_path(fetch.path)}") {{'
        yield from _indent(_body(fetch, ()))
        yield "}"
    elif len(targets) == 1:
        yield f'Flatten(path: "{_path(targets[0][1].path)}") {{'
        yield from _indent(_body(fetch, _representations(*targets[0])))
        yield "}"
    else:
        yield from _body(fetch, _batch(targets, is_batch=is_batch))


def _batch(targets: list[tuple[EntityGroup, EntityTarget]], *, is_batch: bool) -> Iterator[str]:
    for group, target in targets:
        alias = f"{group.alias}: " if is_batch else ""
        yield f'{alias}Flatten(path: "{_path(target.path)}") {{'
        yield from _indent(_representations(group, target))
        yield "}"


def _body(fetch: Fetch, inputs: Iterable[str]) -> Iterator[str]:
    yield f'Fetch(subgraph: "{fetch.subgraph}") {{'
    inputs = list(inputs)
    if inputs:
        yield from _indent(inputs)
        yield f"{_INDENT}=>"
    yield from _indent(print_ast(parse(fetch.operation)).splitlines())
    yield "}"


def _representations(group: EntityGroup, target: EntityTarget) -> Iterator[str]:
    for shape in target.shapes:
        yield _shape(shape)
    for variable, source in zip(group.contexts, target.contexts, strict=True):
        yield f"${variable.name}: {_context(target, source)}"


def _context(target: EntityTarget, source: ContextSource) -> str:
    if source.field is None:
        return "null"
    return f'"{_path(target.path[: source.depth])}" {{ {_field_text(source.field)} }}'


def _shape(shape: RepresentationShape) -> str:
    parts = [] if shape.typename is None else [f"__typename: {shape.typename}"]
    parts += [_representation_field(field) for field in shape.fields]
    text = f"{{ {', '.join(parts)} }}" if parts else "{}"
    if shape.types is None or shape.types == {shape.typename}:
        return text
    return f"{'|'.join(sorted(shape.types))} {text}"


def _representation_field(field: RepresentationField) -> str:
    text = _field_text(field)
    return text if field.is_key else f"{text}?"


def _field_text(field: RepresentationField) -> str:
    text = field.name if field.source == field.name else f"{field.name}: {field.source}"
    if field.shapes:
        text += f" {' | '.join(_shape(shape) for shape in field.shapes)}"
    return text


def _path(path: Iterable[PathSegment]) -> str:
    return ".".join(_segment(segment) for segment in path)


def _segment(segment: PathSegment) -> str:
    if isinstance(segment, OnTypes):
        return f"|[{'|'.join(sorted(segment.types))}]"
    return segment


def _indent(lines: Iterable[str]) -> Iterator[str]:
    return (_INDENT + line for line in lines)


# JSON


def _defer_json(plan: QueryPlan) -> dict[str, object]:
    assert plan.deferral is not None  # noqa: S101 - who calls has looked
    primary = plan.deferral.primary_fetches
    return {
        "kind": "Defer",
        "primary": {"node": _sequence_json(each for each in plan.fetches if each.id in primary)},
        "deferred": [
            {"parts": list(map(_part_json, parts)), "node": _sequence_json(fetches)}
            for parts, fetches in _deferred(plan.deferral, plan).items()
        ],
    }


def _part_json(part: DeferredPart) -> dict[str, object]:
    return {"id": part.id, "label": part.label, "path": list(part.path), "parent": part.parent}


def _sequence_json(fetches: Iterable[Fetch]) -> dict[str, object] | None:
    stages = [_parallel_json(stage) for stage in _stages(fetches)]
    if not stages:
        return None
    return stages[0] if len(stages) == 1 else {"kind": "Sequence", "nodes": stages}


def _parallel_json(stage: list[Fetch]) -> dict[str, object]:
    nodes = [_fetch_json(fetch) for fetch in stage]
    return nodes[0] if len(nodes) == 1 else {"kind": "Parallel", "nodes": nodes}


def _fetch_json(fetch: Fetch) -> dict[str, object]:
    return {
        "kind": "Fetch",
        "id": fetch.id,
        "subgraph": fetch.subgraph,
        "operationKind": fetch.kind.value,
        "operation": fetch.operation,
        "variables": list(fetch.variables),
        "dependsOn": list(fetch.depends_on),
        "path": [_segment(segment) for segment in fetch.path],
        "entities": [
            {
                "alias": group.alias,
                "variable": group.variable,
                "targets": [_target_json(target) for target in group.targets],
                **_contexts_json(group),
            }
            for group in fetch.entities
        ],
    }


def _contexts_json(group: EntityGroup) -> dict[str, object]:
    """Only where there are contexts, which is rare."""
    if not group.contexts:
        return {}
    contexts = [
        {
            "variable": variable.name,
            "type": variable.type,
            "sources": [_source_json(target, target.contexts[place]) for target in group.targets],
        }
        for place, variable in enumerate(group.contexts)
    ]
    return {"contexts": contexts}


def _source_json(target: EntityTarget, source: ContextSource) -> dict[str, object]:
    return {
        "path": [_segment(segment) for segment in target.path[: source.depth]],
        "field": None if source.field is None else _field_json(source.field),
    }


def _target_json(target: EntityTarget) -> dict[str, object]:
    return {
        "path": [_segment(segment) for segment in target.path],
        "representations": [_shape_json(shape) for shape in target.shapes],
    }


def _shape_json(shape: RepresentationShape) -> dict[str, object]:
    return {
        "types": None if shape.types is None else sorted(shape.types),
        "typename": shape.typename,
        "fields": [_field_json(field) for field in shape.fields],
    }


def _field_json(field: RepresentationField) -> dict[str, object]:
    return {
        "name": field.name,
        "source": field.source,
        "isKey": field.is_key,
        "shapes": [_shape_json(each) for each in field.shapes],
    }
