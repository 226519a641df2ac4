"""Which part of a divided answer an error goes with: the one that answers the field it is about."""

from __future__ import annotations

from typing import NamedTuple

from gateway.query_plan.nodes import (
    Deferral,
    FieldProjection,
    ListProjection,
    ObjectProjection,
    ValueProjection,
)

from .result import ClientPath, JsonObject
from .tree_walk import is_of_type


class Owner(NamedTuple):
    """The primary part, or a deferred group at one place."""

    group: int | None
    """``None`` for the primary part."""

    path: ClientPath = ()
    """Of the object that the group adds to."""


PRIMARY = Owner(None)


def find_owner(deferral: Deferral, root: JsonObject, path: ClientPath) -> Owner:
    """Return the owner of a path of the client's answer; what is on no path, the primary part owns."""
    owner = PRIMARY
    node: ValueProjection = deferral.primary
    value: object = root
    for depth, key in enumerate(path):
        if isinstance(key, int):
            if not isinstance(node, ListProjection):
                break
            node = node.item
            value = value[key] if isinstance(value, list) and key < len(value) else None
            continue
        if not isinstance(node, ObjectProjection):
            break
        found = _find_field(deferral, node, value, key)
        if found is None:
            break
        part, group = found
        if group is not None:
            owner = Owner(group, path[:depth])
        node = part.value
        value = value.get(part.source) if isinstance(value, dict) else None
    return owner


def _find_field(
    deferral: Deferral, node: ObjectProjection, value: object, response_key: str
) -> tuple[FieldProjection, int | None] | None:
    """A field of an object, and the group that adds it, if it is not there from the start."""
    typename = None
    if node.typename_key is not None and isinstance(value, dict):
        typename = value.get(node.typename_key)
    for chosen in node.classes:
        if typename is not None and not is_of_type(typename, chosen.types):
            continue
        for part in chosen.fields:
            if part.response_key == response_key:
                return part, None
        for group in chosen.groups:
            found = _find_field(deferral, deferral.groups[group].projection, value, response_key)
            if found is not None:
                return found[0], group
    return None
