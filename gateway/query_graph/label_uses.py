"""Where the labels of progressive overrides matter: which fields move with one, and what has to be read for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.supergraph.derived import derive
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Selection

NO_LABELS: frozenset[str] = frozenset()


class LabelUses:
    """Where the labels of one supergraph matter."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._reading: dict[str, frozenset[str]] = {}
        self._below: dict[str, frozenset[str]] = {}
        if supergraph.override_labels:
            self._reading = self._find_reading()
            self._below = self._find_below()

    def of_field(self, type_name: str, field: str) -> frozenset[str]:
        """The labels with which a field moves between graphs."""
        if not self._reading:
            return NO_LABELS
        return frozenset(self._labels(type_name, field))

    def of_reading(self, type_name: str) -> frozenset[str]:
        """The labels of all that has to be read of an object before others can be had: keys, inputs, contexts."""
        return self._reading.get(type_name, NO_LABELS)

    def below(self, type_name: str) -> frozenset[str]:
        """The labels that matter at a type or at any that can follow below it."""
        return self._below.get(type_name, NO_LABELS)

    def _find_reading(self) -> dict[str, frozenset[str]]:
        """Add up what field sets read, and what reading below them needs, until nothing is new."""
        found: dict[str, set[str]] = {}
        needs: dict[str, set[str]] = {}
        for name in self._composite_types():
            found[name], needs[name] = set(), set()
            for selections in self._field_sets(name):
                self._add_selections(name, selections, found[name], needs[name])
        changed = True
        while changed:
            changed = False
            for name, inner in needs.items():
                more = set[str]().union(*(found.get(other, set()) for other in inner))
                if not more <= found[name]:
                    found[name] |= more
                    changed = True
        return {name: frozenset(labels) for name, labels in found.items()}

    def _composite_types(self) -> list[str]:
        types = self._supergraph.types
        return [name for name, definition in types.items() if definition.fields]

    def _field_sets(self, type_name: str) -> Iterator[Sequence[Selection]]:
        types = self._supergraph.types
        for owner in (type_name, *types[type_name].interfaces):
            for key in types[owner].keys:
                yield key.fields.selections
            for definition in types[owner].fields.values():
                for field in definition.graphs.values():
                    if field.requires is not None:
                        yield field.requires.selections
        for value in self._supergraph.context_values:
            selection = value.selections.get(type_name)
            if selection is not None:
                yield (selection,)

    def _add_selections(
        self, type_name: str, selections: Sequence[Selection], found: set[str], needs: set[str]
    ) -> None:
        """Add the labels of what is selected; ``needs`` gets the types at which more has to be read."""
        supergraph = self._supergraph
        for selection in selections:
            definition = supergraph.types[type_name].fields.get(selection.name)
            if definition is None:
                continue
            found |= self._labels(type_name, selection.name)
            if not selection.selections:
                continue
            named = definition.type.name
            for inner in {named, *supergraph.possible_types[named]}:
                needs.add(inner)
                self._add_selections(inner, selection.selections, found, needs)

    def _labels(self, type_name: str, field: str) -> set[str]:
        types = self._supergraph.types
        return {
            found.override_label.label
            for owner in (type_name, *types[type_name].interfaces)
            if (definition := types[owner].fields.get(field)) is not None
            for found in definition.graphs.values()
            if found.override_label is not None
        }

    def _find_below(self) -> dict[str, frozenset[str]]:
        """Carry each label from the types where it matters up to all from which those can be reached."""
        supergraph = self._supergraph
        above: dict[str, set[str]] = {}
        mattering: dict[str, set[str]] = {}
        for name in self._composite_types():
            here = set(self._reading[name])
            for field, definition in supergraph.types[name].fields.items():
                here |= self._labels(name, field)
                above.setdefault(definition.type.name, set()).add(name)
            for label in here:
                mattering.setdefault(label, set()).add(name)
        for name, possible in supergraph.possible_types.items():
            for other in possible - {name}:
                above.setdefault(other, set()).add(name)
        found: dict[str, set[str]] = {}
        for label, names in mattering.items():
            pending = list(names)
            while pending:
                name = pending.pop()
                labels = found.setdefault(name, set())
                if label not in labels:
                    labels.add(label)
                    pending += above.get(name, ())
        return {name: frozenset(labels) for name, labels in found.items()}


def label_uses_of(supergraph: Supergraph) -> LabelUses:
    """Where the labels of a supergraph matter; kept with the supergraph."""
    return derive(supergraph, LabelUses, lambda: LabelUses(supergraph))
