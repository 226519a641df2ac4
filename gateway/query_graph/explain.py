"""Why a field cannot be had: for every graph that has it, what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gateway.supergraph.model import GraphField

from .positions import Entry
from .reach import Reach
from .reached import Reached


class Reason(StrEnum):
    """What stands in the way."""

    NOT_RESOLVED = "not resolved"
    """The graph knows the field but does not resolve it: external or overridden."""

    NO_KEY = "no key"
    """The graph resolves it, but has no resolvable key for the type."""

    KEY_UNREACHABLE = "key unreachable"
    REQUIREMENT_UNREACHABLE = "requirement unreachable"
    CONTEXT_MISSING = "context missing"
    """No object above sets the context, or the nearest that does cannot give the value."""

    TYPE_UNKNOWN = "type unknown"
    """The objects come from an interface object and nobody can say their type."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one graph does not answer."""

    graph: int
    reason: Reason
    field_set: str = ""
    """The key or requirement that cannot be read; for a context, its name in its subgraph."""


def explain(reach: Reach, reached: Reached, field: str) -> tuple[Obstacle, ...]:
    """Why ``field`` cannot be had at objects reached; empty when it can."""
    if reach.options(reached, field):
        return ()
    return tuple(_obstacles(reach, reached, field))


def _obstacles(reach: Reach, reached: Reached, field: str) -> Iterator[Obstacle]:
    graph = reach.graph
    types = graph.supergraph.types
    names = (reached.type_name, *types[reached.type_name].interfaces)
    for name in names:
        definition = types[name].fields.get(field)
        for number, found in definition.graphs.items() if definition else ():
            if name != reached.type_name and not types[name].interface_object_graphs >> number & 1:
                continue
            if not graph.resolves(found):
                yield Obstacle(number, Reason.NOT_RESOLVED)
                continue
            entries = [
                entry
                for entry in graph.entries(reached.type_name)
                if entry.landing.graph == number
                and graph.move(reached.type_name, entry.landing, field) is not None
            ]
            if not entries:
                yield Obstacle(number, Reason.NO_KEY)
            for entry in entries:
                yield _entry_obstacle(reach, reached, entry, found)


def _entry_obstacle(reach: Reach, reached: Reached, entry: Entry, field: GraphField) -> Obstacle:
    number = entry.landing.graph
    if entry.key is not None and not reach.can_obtain(reached, entry.key.selections):
        return Obstacle(number, Reason.KEY_UNREACHABLE, entry.key.text)
    if entry.needs_typename and reached.typename_cost is None:
        return Obstacle(number, Reason.TYPE_UNKNOWN)
    available = dict(reached.contexts)
    for argument in field.contexts:
        if argument.key not in available:
            return Obstacle(number, Reason.CONTEXT_MISSING, argument.local_context)
    requires = field.requires.selections if field.requires else ()
    text = " ".join(selection.name for selection in requires)
    return Obstacle(number, Reason.REQUIREMENT_UNREACHABLE, text)
