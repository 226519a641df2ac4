"""Finds targets of which equal objects may become one, that stands in the places of all.

Whatever entity fetches add to objects is answered from representations, which are made of what the objects hold. So
objects of one position that are equal in all that they hold end up equal, and what is then done for one of them need
not be done for the others. Not so where something is added that depends on objects above (contexts).

Some objects are told apart by their representation alone: a stub such as ``{"__typename": "Product", "upc": "1"}`` says
no more than that. Others with equal representations have to be compared.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.query_plan.nodes import ITEM, EntityGroup, EntityTarget, QueryPlan, ResponsePath

from .written_keys import Position, Site, Writer, WrittenKeys, WrittenPlan, position_of


class Unified(NamedTuple):
    """What a group may make of equal objects, with its targets by number."""

    targets: frozenset[int] = frozenset()
    """Those whose objects may take each other's place."""

    compared: frozenset[int] = frozenset()
    """Those of them whose objects may differ though their representations are equal."""

    revisited: frozenset[int] = frozenset()
    """Those of them for which a fetch before has done it already."""

    shared: frozenset[Position] = frozenset()
    """Where in the tree, by this group or another, an object may have been put in several places."""

    def without_comparing(self) -> Unified:
        """Return the same without what takes comparing."""
        targets = self.targets - self.compared
        return Unified(targets, frozenset(), self.revisited & targets, self.shared)


NOTHING_UNIFIED = Unified()


def find_unified(plan: QueryPlan, written: WrittenPlan) -> dict[Writer, Unified]:
    """Return what each entity group of ``plan`` may make of equal objects."""
    found: dict[Writer, Unified] = {}
    shared: set[Position] = set()
    paths_before: dict[int, set[ResponsePath]] = {}
    for fetch in plan.fetches:
        known = {path for before in fetch.depends_on for path in paths_before[before]}
        own: set[ResponsePath] = set()
        for group in fetch.entities:
            one = _find_in_group(group, written)
            paths = {number: group.targets[number].path for number in one.targets}
            revisited = frozenset(number for number, path in paths.items() if path in known)
            found[fetch.id, group.alias] = one._replace(revisited=revisited)
            own.update(paths.values())
        paths_before[fetch.id] = known | own
        shared.update(map(position_of, own))
    everywhere = frozenset(shared)
    return {writer: one._replace(shared=everywhere) for writer, one in found.items()}


def _find_in_group(group: EntityGroup, written: WrittenPlan) -> Unified:
    told: set[int] = set()
    compared: set[int] = set()
    for number, target in enumerate(group.targets):
        position = position_of(target.path)
        if not position or any(site.may_differ_below(position) for site in written.contextual):
            continue
        if _is_told_apart_by_representation(target, position, written):
            told.add(number)
        elif _is_worth_comparing(target, position, written):
            compared.add(number)
    return Unified(frozenset(told | compared), frozenset(compared))


def _is_told_apart_by_representation(
    target: EntityTarget, position: Position, written: WrittenPlan
) -> bool:
    stub = {key for site in written.sites for key in _keys_of_stub(site, position)}
    return all(stub <= _told(target, number) for number in range(len(target.shapes)))


def _is_worth_comparing(target: EntityTarget, position: Position, written: WrittenPlan) -> bool:
    """Whether objects that are equal stay so, and whether there is work to be saved by it.

    All that they hold has to come from one writer: another's results might still be merged into some of them.
    """
    if len(written.places.get(position, ())) != 1 or (
        target.path.count(ITEM) == 1 == len(position)
    ):
        return False
    holds_objects = False
    for site in written.sites:
        if site.position == position and site.writer[1] is None:
            return False
        stub = _stub_of(site, position)
        if stub is not None and any(below.keys for below in stub.keys.values()):
            holds_objects = True
    return holds_objects


def _keys_of_stub(site: Site, position: Position) -> set[str]:
    """Return what a writer above ``position``, or a root fetch at it, writes there."""
    stub = _stub_of(site, position)
    return set() if stub is None else set(stub.keys)


def _stub_of(site: Site, position: Position) -> WrittenKeys | None:
    depth = len(site.position)
    _, alias = site.writer
    if position[:depth] != site.position or (depth == len(position) and alias is not None):
        return None
    keys = site.keys
    for key in position[depth:]:
        if key not in keys.keys:
            return None
        keys = keys.keys[key]
    return keys


def _told(target: EntityTarget, number: int) -> set[str]:
    """Return the physical keys whose values can be read off a representation of one shape."""
    shape = target.shapes[number]
    told = {part.source for part in shape.fields if not part.shapes}
    # A representation may name an interface, and tells the runtime type only where it was chosen by it.
    is_by_type = shape.types is not None and shape.typename in shape.types and len(shape.types) == 1
    if is_by_type and target.typename_key is not None:
        told.add(target.typename_key)
    return told
