"""Finds targets whose objects are told apart by their representations alone, so that equal ones may become one.

A stub such as ``{"__typename": "Product", "upc": "1"}`` says no more than its representation does. Whatever entity
fetches add to it is answered from representations too, so equal stubs of one position end up equal, and one of them
may stand in all their places. Not so where something is added that depends on objects above (contexts).
"""

from __future__ import annotations

from gateway.query_plan.nodes import EntityGroup, EntityTarget, QueryPlan, ResponsePath

from .written_keys import Position, Site, Writer, WrittenPlan, position_of


def find_unified(group: EntityGroup, written: WrittenPlan) -> frozenset[int]:
    """Return the numbers of the targets of ``group`` whose objects may take each other's place."""
    return frozenset(
        number
        for number, target in enumerate(group.targets)
        if target.path and _is_told_apart_by_representation(target, written)
    )


def find_revisited(plan: QueryPlan, written: WrittenPlan) -> dict[Writer, frozenset[int]]:
    """Return by entity group the unified targets that a fetch before it has unified already."""
    paths_before: dict[int, set[ResponsePath]] = {}
    revisited: dict[Writer, frozenset[int]] = {}
    for fetch in plan.fetches:
        known = {path for before in fetch.depends_on for path in paths_before[before]}
        own: set[ResponsePath] = set()
        for group in fetch.entities:
            unified = find_unified(group, written)
            paths = {number: group.targets[number].path for number in unified}
            revisited[fetch.id, group.alias] = frozenset(
                number for number, path in paths.items() if path in known
            )
            own.update(paths.values())
        paths_before[fetch.id] = known | own
    return revisited


def _is_told_apart_by_representation(target: EntityTarget, written: WrittenPlan) -> bool:
    position = position_of(target.path)
    if any(site.may_differ_below(position) for site in written.contextual):
        return False
    stub = {key for site in written.sites for key in _keys_of_stub(site, position)}
    return all(stub <= _told(target, number) for number in range(len(target.shapes)))


def _keys_of_stub(site: Site, position: Position) -> set[str]:
    """Return what a writer above ``position``, or a root fetch at it, writes there."""
    depth = len(site.position)
    _, alias = site.writer
    if position[:depth] != site.position or (depth == len(position) and alias is not None):
        return set()
    keys = site.keys
    for key in position[depth:]:
        if key not in keys.keys:
            return set()
        keys = keys.keys[key]
    return set(keys.keys)


def _told(target: EntityTarget, number: int) -> set[str]:
    """Return the physical keys whose values can be read off a representation of one shape."""
    shape = target.shapes[number]
    told = {part.source for part in shape.fields if not part.shapes}
    # A representation may name an interface, and tells the runtime type only where it was chosen by it.
    is_by_type = shape.types is not None and shape.typename in shape.types and len(shape.types) == 1
    if is_by_type and target.typename_key is not None:
        told.add(target.typename_key)
    return told
