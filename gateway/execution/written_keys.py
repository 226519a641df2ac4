"""Which physical keys a fetch writes, and where: read once per plan from the texts of its operations.

The plan says what is read; this says what is written, which decides how results may be attached (by reference, or by
a merge) and which fields of the answer go missing when a fetch fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from gateway.errors import ExecutionError
from gateway.query_plan.nodes import ITEM, EntityGroup, Fetch, QueryPlan, ResponsePath

Position: TypeAlias = tuple[str, ...]
"""Physical keys from the root, without list items and type conditions."""

Writer: TypeAlias = tuple[int, str | None]
"""A fetch, and the alias of the entity group in it: ``None`` for a fetch from a root type."""


@dataclass(slots=True)
class WrittenKeys:
    """The physical keys of one selection set, type conditions left aside."""

    keys: dict[str, WrittenKeys] = field(default_factory=dict)
    """Empty below a leaf."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one writer writes at the objects that it is for."""

    keys: WrittenKeys
    overlaps: bool
    """Another writer has a key of the same name at the same place: results must be merged."""

    overlaps_composite: bool
    """… and that key has fields below, so that results of several writers mix there."""

    must_copy_per_target: bool
    """The objects are at several positions, and other writers go on below: their results must not mix."""

    must_copy_per_use: bool
    """What others add below depends on where the objects are: it takes values from contexts above them."""


@dataclass(frozen=True, slots=True)
class Site:
    """A writer at one of its positions."""

    writer: Writer
    position: Position
    keys: WrittenKeys


@dataclass(frozen=True, slots=True)
class ContextualSite:
    """Where something is written that depends on an object above."""

    position: Position
    depth: int
    """How many keys of ``position`` lead to the object above."""

    def may_differ_below(self, position: Position) -> bool:
        """Whether equal objects at ``position`` may come to differ in what is written at or below them."""
        depth = len(position)
        return self.depth <= depth and self.position[:depth] == position


@dataclass(frozen=True, slots=True)
class WrittenPlan:
    """What all fetches of a plan write."""

    sites: tuple[Site, ...]
    places: Mapping[Position, frozenset[Writer]]
    """Who writes each key."""

    contextual: tuple[ContextualSite, ...]
    by_writer: Mapping[Writer, Written]


def read_written_keys(plan: QueryPlan) -> WrittenPlan:
    """Return what every writer of ``plan`` writes.

    Raises:
        ExecutionError: an operation is not what the plan says it is.
    """
    selections: dict[Writer, WrittenKeys] = {}
    sites: list[Site] = []
    for fetch in plan.fetches:
        for writer, keys, positions in _writers(fetch):
            selections[writer] = keys
            sites += [Site(writer, position, keys) for position in positions]
    index = _index(sites)
    contextual = tuple(dict.fromkeys(_contextual_sites(plan)))
    return WrittenPlan(
        sites=tuple(sites),
        places={place: frozenset(writers) for place, writers in index.items()},
        contextual=contextual,
        by_writer={
            writer: _judge(writer, keys, sites, contextual, index)
            for writer, keys in selections.items()
        },
    )


def position_of(path: ResponsePath) -> Position:
    """Return ``path`` without list items and type conditions."""
    return tuple(segment for segment in path if isinstance(segment, str) and segment != ITEM)


def _writers(fetch: Fetch) -> Iterator[tuple[Writer, WrittenKeys, list[Position]]]:
    root = _parse_selection(fetch.operation)
    if not fetch.entities:
        yield (fetch.id, None), root, [position_of(fetch.path)]
    for group in fetch.entities:
        keys = root.keys.get(group.alias)
        if keys is None:
            raise ExecutionError(
                f"Fetch {fetch.id} has no field {group.alias!r}: {fetch.operation}"
            )
        yield (fetch.id, group.alias), keys, _positions(group)


def _contextual_sites(plan: QueryPlan) -> Iterator[ContextualSite]:
    for fetch in plan.fetches:
        for group in fetch.entities:
            for target in group.targets:
                for source in target.contexts:
                    above = position_of(target.path[: source.depth])
                    yield ContextualSite(position_of(target.path), len(above))


def _positions(group: EntityGroup) -> list[Position]:
    return list(dict.fromkeys(position_of(target.path) for target in group.targets))


def _index(sites: list[Site]) -> dict[Position, set[Writer]]:
    """Return by position of every key who writes it."""
    index: dict[Position, set[Writer]] = {}

    def add(writer: Writer, position: Position, keys: WrittenKeys) -> None:
        for key, below in keys.keys.items():
            place = (*position, key)
            index.setdefault(place, set()).add(writer)
            add(writer, place, below)

    for site in sites:
        add(site.writer, site.position, site.keys)
    return index


def _judge(
    writer: Writer,
    keys: WrittenKeys,
    sites: list[Site],
    contextual: Sequence[ContextualSite],
    index: Mapping[Position, set[Writer]],
) -> Written:
    positions = [site.position for site in sites if site.writer == writer]
    others = [site.position for site in sites if site.writer != writer]
    overlaps = overlaps_composite = is_deepened = False
    for position in positions:
        for key, below in keys.keys.items():
            place = (*position, key)
            if len(index[place]) > 1:
                overlaps = True
                overlaps_composite = overlaps_composite or bool(below.keys)
            if below.keys and not is_deepened:
                is_deepened = any(other[: len(place)] == place for other in others)
    return Written(
        keys=keys,
        overlaps=overlaps,
        overlaps_composite=overlaps_composite,
        must_copy_per_target=is_deepened and len(positions) > 1,
        must_copy_per_use=any(
            site.may_differ_below(position)
            and len(site.position) > len(position)
            and site.position[len(position)] in keys.keys
            for site in contextual
            for position in positions
        ),
    )


def _parse_selection(operation: str) -> WrittenKeys:
    document = parse(operation, no_location=True)
    fragments = {
        node.name.value: node.selection_set
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    root = WrittenKeys()
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            _collect(node.selection_set, fragments, root)
    return root


def _collect(
    selection_set: SelectionSetNode,
    fragments: Mapping[str, SelectionSetNode],
    into: WrittenKeys,
) -> None:
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            key = selection.alias.value if selection.alias else selection.name.value
            below = into.keys.setdefault(key, WrittenKeys())
            if selection.selection_set is not None:
                _collect(selection.selection_set, fragments, below)
        elif isinstance(selection, FragmentSpreadNode):
            _collect(fragments[selection.name.value], fragments, into)
        elif isinstance(selection, InlineFragmentNode):
            _collect(selection.selection_set, fragments, into)
