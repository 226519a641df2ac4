"""Finds the source of a schema coordinate, for problems that only show once everything is merged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .errors import CompositionError
from .subgraph_schema import Element, SubgraphSchema, SubgraphType

_COORDINATE = re.compile(r"(?P<type>\w+)(?:\.(?P<member>\w+)(?:\((?P<argument>\w+):\))?)?")


def locate(error: CompositionError, subgraphs: Iterable[SubgraphSchema]) -> CompositionError:
    """Return the error with the places of its coordinate, unless it says where it is already.

    A member that no subgraph has, for that may be the error, is located at its type.
    """
    if error.locations or error.coordinate is None:
        return error
    match = _COORDINATE.fullmatch(error.coordinate)
    types = [s.types[match["type"]] for s in subgraphs if match and match["type"] in s.types]
    members = [m for type_ in types if match and (m := _member(type_, match)) is not None]
    places = (element.location for element in members or types)
    return replace(error, locations=tuple(dict.fromkeys(p for p in places if p is not None)))


def _member(type_: SubgraphType, match: re.Match[str]) -> Element | None:
    """Return what the coordinate names in a subgraph's version of its type: for an argument, at least the field."""
    name = match["member"]
    if name is None:
        return None
    field = type_.fields.get(name)
    if field is not None:
        return field.arguments.get(match["argument"] or "") or field
    return type_.input_fields.get(name) or type_.values.get(name)
