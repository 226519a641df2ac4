"""Puts results into the response tree: shared by reference where nothing else is written, merged where something is.

Objects of the tree are only ever added to, never replaced, so that whoever holds one keeps holding the one in the tree.
"""

from __future__ import annotations

from .result import JsonObject
from .written_keys import Written


def attach(target: JsonObject, source: JsonObject, written: Written) -> None:
    """Add what a subgraph said of an object.

    ``source`` may be attached to several objects. What lies below it is then shared between them: they stand for the
    same entity, so whatever is added below later is the same for all. Where that does not hold, because another
    subgraph adds to the same keys, each gets a copy.
    """
    if not written.overlaps:
        target.update(source)
    elif written.overlaps_composite:
        merge_object(target, source)
    else:
        for key, value in source.items():
            if target.get(key) is None:
                target[key] = value


def merge_object(target: JsonObject, source: JsonObject) -> None:
    """Merge ``source`` into ``target``: object by key, list by index; nothing of ``source`` is shared.

    Null changes nothing. Where both have a scalar, or values of different kinds, the first stays: two subgraphs that
    answer the same field are bound to agree on it.
    """
    for key, value in source.items():
        if value is None:
            target.setdefault(key, None)
            continue
        known = target.get(key)
        if known is None:
            target[key] = copy_json(value)
        else:
            _merge_value(known, value)


def copy_object(value: JsonObject) -> JsonObject:
    """Return a deep copy of a JSON object."""
    return {key: copy_json(item) for key, item in value.items()}


def copy_json(value: object) -> object:
    """Return a deep copy of a JSON value."""
    if isinstance(value, dict):
        return copy_object(value)
    if isinstance(value, list):
        return [copy_json(item) for item in value]
    return value


def _merge_value(known: object, value: object) -> None:
    if isinstance(known, dict) and isinstance(value, dict):
        merge_object(known, value)
    elif isinstance(known, list) and isinstance(value, list):
        # Two subgraphs that disagree on the length: the first decides, the surplus of the other has no counterpart.
        for index, item in enumerate(value[: len(known)]):
            if known[index] is None:
                known[index] = copy_json(item)
            else:
                _merge_value(known[index], item)
