"""Plans in few lines, so that a test can show what it expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.query_plan.nodes import (
    ContextSource,
    EntityTarget,
    Fetch,
    OnTypes,
    QueryPlan,
    RepresentationField,
    RepresentationShape,
    ResponsePath,
)

_HEAD = "query($representations: [_Any!]!){_entities(representations: $representations)"


def fetch_lines(plan: QueryPlan) -> list[str]:
    """One line for each fetch, and one for each place whose entities it completes.

    ``1 reviews after 0: _entities{… on Product{…}}``, short for the whole operation when it has no other
    variables, and ``  at products.@ send Product(upc price?)``; an input of
    ``@requires`` has a question mark, ``name=key`` says under which key a field is read, and
    ``$context0=shop(currency)`` what an argument takes from which object above.
    """
    return [line for fetch in plan.fetches for line in _lines(fetch)]


def _lines(fetch: Fetch) -> Iterator[str]:
    after = f" after {','.join(map(str, fetch.depends_on))}" if fetch.depends_on else ""
    operation = fetch.operation
    if operation.startswith(_HEAD):
        operation = f"_entities{operation[len(_HEAD) : -1]}"
    yield f"{fetch.id} {fetch.subgraph}{after}: {operation}"
    if fetch.path:
        yield f"  at {_path(fetch.path)}"
    for group in fetch.entities:
        for target in group.targets:
            alias = "" if group.alias == "_entities" else f"{group.alias} "
            text = f"  {alias}at {_path(target.path)} send {_target(target)}"
            for variable, source in zip(group.contexts, target.contexts, strict=True):
                text += f" ${variable.name}={_context(target, source)}"
            yield text


def _target(target: EntityTarget) -> str:
    return " | ".join(map(_shape, target.shapes))


def _context(target: EntityTarget, source: ContextSource) -> str:
    if source.field is None:
        return "null"
    path = _path(target.path[: source.depth]) or "root"
    return f"{path}({_field(replace(source.field, is_key=True))})"


def _shape(shape: RepresentationShape) -> str:
    text = f"{shape.typename or ''}({' '.join(map(_field, shape.fields))})"
    if shape.types is None or shape.types == {shape.typename}:
        return text
    return f"{'+'.join(sorted(shape.types))} as {text}"


def _field(field: RepresentationField) -> str:
    text = field.name if field.source == field.name else f"{field.name}={field.source}"
    text += "" if field.is_key else "?"
    if field.shapes:
        text += "{" + " | ".join(map(_shape, field.shapes)) + "}"
    return text


def _path(path: ResponsePath) -> str:
    return ".".join(
        f"<{'+'.join(sorted(segment.types))}>" if isinstance(segment, OnTypes) else segment
        for segment in path
    )
