"""Changes of the directives that clients write in operations; those of the type system are none of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from graphql import GraphQLDirective

from gateway.supergraph.built_in import EXECUTABLE_LOCATIONS

from .change import ChangeCode, SchemaChange
from .change_between import change_between
from .described import description_changes
from .inputs import argument_changes

_OF_THE_GATEWAY = frozenset({"defer"})
"""Every gateway adds these to what it reads from a supergraph; an API schema written elsewhere may lack them."""


def directive_changes(
    old: Sequence[GraphQLDirective], new: Sequence[GraphQLDirective]
) -> Iterator[SchemaChange]:
    """Compare the directives of two schemas."""
    before, after = _for_clients(old), _for_clients(new)
    for name in [*before, *(name for name in after if name not in before)]:
        yield from _changes(f"@{name}", before.get(name), after.get(name))


def _for_clients(directives: Sequence[GraphQLDirective]) -> dict[str, GraphQLDirective]:
    return {
        directive.name: directive
        for directive in directives
        if directive.name not in _OF_THE_GATEWAY and _locations(directive)
    }


def _locations(directive: GraphQLDirective) -> frozenset[str]:
    return EXECUTABLE_LOCATIONS & {location.name for location in directive.locations}


def _changes(
    coordinate: str, old: GraphQLDirective | None, new: GraphQLDirective | None
) -> Iterator[SchemaChange]:
    change = partial(change_between, coordinate, old, new)
    if new is None:
        yield change(ChangeCode.DIRECTIVE_REMOVED, f"The directive {coordinate} was removed.")
        return
    if old is None:
        yield change(ChangeCode.DIRECTIVE_ADDED, f"The directive {coordinate} was added.")
        return
    before, after = _locations(old), _locations(new)
    for location in sorted(before - after):
        yield change(
            ChangeCode.DIRECTIVE_LOCATION_REMOVED,
            f"{coordinate} can stand on {location} no more.",
            subject=location,
        )
    for location in sorted(after - before):
        yield change(
            ChangeCode.DIRECTIVE_LOCATION_ADDED,
            f"{coordinate} can stand on {location} now.",
            subject=location,
        )
    if old.is_repeatable and not new.is_repeatable:
        yield change(
            ChangeCode.DIRECTIVE_NO_LONGER_REPEATABLE,
            f"{coordinate} can stand in one place only once now.",
        )
    elif new.is_repeatable and not old.is_repeatable:
        yield change(
            ChangeCode.DIRECTIVE_BECAME_REPEATABLE,
            f"{coordinate} can stand in one place several times now.",
        )
    yield from argument_changes(coordinate, old.args, new.args)
    yield from description_changes(coordinate, old, new)
