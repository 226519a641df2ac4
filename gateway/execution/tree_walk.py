"""Finds the objects that a response path leads to, with or without the way there."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.query_plan.nodes import ITEM, OnTypes, ResponsePath

from .result import JsonObject

PhysicalPath = tuple[str | int, ...]
"""Physical keys and list indices from the root of the response tree."""


def find_objects(root: JsonObject, path: ResponsePath) -> list[JsonObject]:
    """Return the objects at ``path``, in document order; an object reached twice is there twice.

    Null on the way ends it, and so does a value of another kind than the path expects.
    """
    values: list[object] = [root]
    for segment in path:
        match segment:
            case OnTypes(types, typename_key):
                values = [
                    value
                    for value in values
                    if isinstance(value, dict) and is_of_type(value.get(typename_key), types)
                ]
            case _ if segment == ITEM:
                values = [item for value in values if isinstance(value, list) for item in value]
            case str():
                values = [value.get(segment) for value in values if isinstance(value, dict)]
    return [value for value in values if isinstance(value, dict)]


def find_places(root: JsonObject, path: ResponsePath) -> Iterator[tuple[PhysicalPath, JsonObject]]:
    """Yield what ``find_objects`` returns, each with its place."""
    return _find_places(root, path, 0, ())


def find_chains(root: JsonObject, path: ResponsePath) -> Iterator[tuple[object, ...]]:
    """Yield what ``find_objects`` returns, each at the end of the values on the way to it.

    The first is ``root``; one follows for each segment of ``path``.
    """
    return _find_chains((root,), path)


def is_of_type(typename: object, types: frozenset[str]) -> bool:
    """Say whether ``typename``, which a subgraph sent, is one of ``types``."""
    return isinstance(typename, str) and typename in types


def _find_chains(chain: tuple[object, ...], path: ResponsePath) -> Iterator[tuple[object, ...]]:
    value, depth = chain[-1], len(chain) - 1
    if depth == len(path):
        if isinstance(value, dict):
            yield chain
        return
    segment = path[depth]
    match segment:
        case OnTypes(types, typename_key):
            if isinstance(value, dict) and is_of_type(value.get(typename_key), types):
                yield from _find_chains((*chain, value), path)
        case _ if segment == ITEM:
            if isinstance(value, list):
                for item in value:
                    yield from _find_chains((*chain, item), path)
        case str():
            if isinstance(value, dict):
                yield from _find_chains((*chain, value.get(segment)), path)


def _find_places(
    value: object, path: ResponsePath, depth: int, place: PhysicalPath
) -> Iterator[tuple[PhysicalPath, JsonObject]]:
    if depth == len(path):
        if isinstance(value, dict):
            yield place, value
        return
    segment = path[depth]
    match segment:
        case OnTypes(types, typename_key):
            if isinstance(value, dict) and is_of_type(value.get(typename_key), types):
                yield from _find_places(value, path, depth + 1, place)
        case _ if segment == ITEM:
            if isinstance(value, list):
                for index, item in enumerate(value):
                    yield from _find_places(item, path, depth + 1, (*place, index))
        case str():
            if isinstance(value, dict):
                yield from _find_places(value.get(segment), path, depth + 1, (*place, segment))
