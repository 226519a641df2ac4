"""Shared fields of abstract types whose graphs may return different object types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import Option
from gateway.supergraph.model import FieldDefinition, Supergraph
from gateway.supergraph.type_kinds import ABSTRACT_KINDS

from .findings import SharedReturn
from .states import Arrival, arrival_of
from .witness import Witness


@dataclass(slots=True)
class SharedReturns:
    """Collects them during one walk."""

    supergraph: Supergraph
    found: list[SharedReturn] = field(default_factory=list)
    _returns: dict[tuple[str, Arrival], frozenset[str]] = field(default_factory=dict)

    def note(
        self,
        type_name: str,
        definition: FieldDefinition,
        reach: Reach,
        options: Sequence[Option],
        witness: Witness,
    ) -> None:
        """Note a field of a type if the graphs that can be asked for it differ in what they return."""
        target = self.supergraph.types.get(definition.type.name)
        if target is None or target.kind not in ABSTRACT_KINDS:
            return
        types = {
            option.move.graph: self._returned(reach, option, target.name) for option in options
        }
        if len(set(types.values())) > 1:
            self.found.append(SharedReturn(type_name, definition.name, witness, types))

    def _returned(self, reach: Reach, option: Option, target: str) -> frozenset[str]:
        """Return the object types that a graph can return for a field."""
        at = (target, arrival_of(option))
        found = self._returns.get(at)
        if found is None:
            found = self._returns[at] = frozenset(
                name
                for name in self.supergraph.possible_types[target]
                if reach.graph.arrive(option.move, name) is not None
            )
        return found
