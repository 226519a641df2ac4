"""Finds the source of a schema coordinate, for problems that only show once everything is merged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .errors import CompositionError
from .subgraph_schema import Element, SubgraphSchema

_COORDINATE = re.compile(r"(?P<type>\w+)(?:\.(?P<member>\w+)(?:\((?P<argument>\w+):\))?)?")


def located(error: CompositionError, subgraphs: Iterable[SubgraphSchema]) -> CompositionError:
    """Return the error with the places of its coordinate, unless it says where it is already.

    A member that no subgraph has, for that may be the error, is located at its type.
    """
    if error.locations or error.coordinate is None:
        return error
    found = tuple(
        element.location
        for subgraph in subgraphs
        for element in _elements(subgraph, error.coordinate)
        if element.location is not None
    )
    return replace(error, locations=tuple(dict.fromkeys(found)))


def _elements(subgraph: SubgraphSchema, coordinate: str) -> Iterator[Element]:
    match = _COORDINATE.fullmatch(coordinate)
    type_ = subgraph.types.get(match["type"]) if match else None
    if match is None or type_ is None:
        return
    name = match["member"] or ""
    member = type_.fields.get(name) or type_.input_fields.get(name) or type_.values.get(name)
    argument = (
        type_.fields[name].arguments.get(match["argument"] or "") if name in type_.fields else None
    )
    yield argument or member or type_
