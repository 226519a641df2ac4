"""The query graph of a supergraph: which moves and entries exist. Built once, filled in as it is asked.

Wherever a type is asked for it is an object type, or an interface standing for *all* of its
implementations at once: that is how far an interface object, which never learns a type, can be used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.supergraph.derived import derive
from gateway.supergraph.model import GraphField, Key, Supergraph, TypeDefinition
from gateway.supergraph.type_kinds import TypeKind

from .context_uses import ContextUses
from .label_uses import NO_LABELS
from .positions import Entry, Move, Position, Way, Ways
from .reached import Question, Reached
from .views import Views


class QueryGraph:
    """Moves and entries under one choice of override labels."""

    def __init__(self, supergraph: Supergraph, active_labels: frozenset[str] = NO_LABELS) -> None:
        self.supergraph = supergraph
        self.views = Views()
        self.active_labels = active_labels
        self._moves: dict[tuple[str, Position, str], Move | None] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._entries_to: dict[str, dict[Position, list[Entry]]] = {}
        self._ways: dict[str, Ways] = {}
        self._field_rows: dict[tuple[str, str], object] = {}
        self._entry_rows: dict[str, object] = {}
        self.memo: dict[Question, Reached] = {}
        """Answers of ``Reach``, kept across operations."""
        self._query_type = supergraph.root_types.get("query")
        self.contexts = ContextUses(supergraph)

    def root_positions(self, root_type: str) -> tuple[Position, ...]:
        """The graphs that have a root type."""
        mask = self.supergraph.types[root_type].graphs
        return tuple(
            Position(graph)
            for graph in range(len(self.supergraph.graph_names))
            if mask >> graph & 1
        )

    def resolves(self, field: GraphField) -> bool:
        """Whether a graph resolves its field, ``@provides`` aside."""
        label = field.override_label
        return not field.is_external and (
            label is None or label.resolves_when_active == (label.label in self.active_labels)
        )

    def has_interface_objects(self, type_name: str) -> bool:
        """Whether some graph takes this interface for an object."""
        return self.supergraph.types[type_name].interface_object_graphs != 0

    def may_mix_types(self, type_name: str) -> bool:
        """Whether some graph may be asked about objects of several of a type's types at once.

        That is how interface objects are asked; everywhere else each type has a fragment of its own.
        """
        return any(
            self.has_interface_objects(interface)
            for possible in self.supergraph.possible_types[type_name]
            if possible != type_name
            for interface in self.supergraph.types[possible].interfaces
        )

    # Moves

    def move(self, type_name: str, position: Position, field: str) -> Move | None:
        """How a field of objects of a type is resolved at a position; ``None`` when it is not."""
        at = (type_name, position, field)
        try:
            return self._moves[at]
        except KeyError:
            found = self._moves[at] = self._find_move(type_name, position, field)
            return found

    def arrive(self, move: Move, type_name: str) -> Position | None:
        """Where a field's objects of one type stand; ``None`` when the graph does not return such."""
        local = self.supergraph.types[move.type.name]
        if local.interface_object_graphs >> move.graph & 1:
            if type_name == local.name or type_name in self.supergraph.possible_types[local.name]:
                return Position(move.graph, move.view, local.name)
            return None
        if (
            type_name == local.name
            or type_name in self.supergraph.local_types[local.name][move.graph]
        ):
            return Position(move.graph, move.view)
        return None

    def _find_move(self, type_name: str, position: Position, field: str) -> Move | None:
        graph, view, interface = position
        coordinate = self.supergraph.types[interface or type_name]
        definition = coordinate.fields.get(field)
        if definition is None:
            return None
        found = definition.graphs.get(graph)
        is_provided = view != 0 and self.views.provides(view, type_name, field)
        if not is_provided:
            if found is None or not self.resolves(found):
                return None
            is_real_interface = coordinate.kind is TypeKind.INTERFACE and interface is None
            if is_real_interface and not self._is_uniform(coordinate, graph, field):
                return None
        below = self.views.below(view, type_name, field) if view else ()
        provides = found.provides.selections if found is not None and found.provides else ()
        requires = None if found is None or is_provided else found.requires
        contexts = () if found is None else found.contexts
        return Move(
            graph=graph,
            type=definition.type if found is None else found.type,
            requires=requires,
            view=self.views.number(below + provides),
            contexts=contexts,
            is_staged=requires is not None or contexts != (),
        )

    def _is_uniform(self, interface: TypeDefinition, graph: int, field: str) -> bool:
        """Whether a real interface's field is resolved by the graph for all its implementations."""
        types = self.supergraph.types
        for name in self.supergraph.local_types[interface.name][graph]:
            definition = types[name].fields.get(field)
            found = None if definition is None else definition.graphs.get(graph)
            if found is None or not self.resolves(found):
                return False
            if found.requires is not None or found.contexts:
                return False
        return True

    # Entries

    def entries(self, type_name: str) -> tuple[Entry, ...]:
        """The ways into graphs with an object of a type."""
        found = self._entries.get(type_name)
        if found is None:
            found = self._entries[type_name] = tuple(self._find_entries(type_name))
        return found

    def entries_to(self, type_name: str, landing: Position) -> Sequence[Entry]:
        """The ways to one position with an object of a type."""
        found = self._entries_to.get(type_name)
        if found is None:
            found = self._entries_to[type_name] = {}
            for entry in self.entries(type_name):
                found.setdefault(entry.landing, []).append(entry)
        return found.get(landing, ())

    def ways(self, type_name: str) -> Ways:
        """The entries of a type, and each again for every field that takes a call of its own there."""
        found = self._ways.get(type_name)
        if found is None:
            ways = (*map(Way, self.entries(type_name)), *self._staged_ways(type_name))
            given = [
                selection.name
                for value in self.contexts.values
                if (selection := value.selections.get(type_name)) is not None
            ]
            found = self._ways[type_name] = Ways(ways, _readers(ways, given))
        return found

    def _staged_ways(self, type_name: str) -> Iterator[Way]:
        for entry in self.entries(type_name):
            coordinate = self.supergraph.types[entry.landing.interface or type_name]
            for name, field in coordinate.fields.items():
                found = field.graphs.get(entry.landing.graph)
                if found is None or not (found.requires or found.contexts):
                    continue
                move = self.move(type_name, entry.landing, name)
                if move is not None and move.is_staged:
                    yield Way(entry, name, move)

    # Rows: types with equal rows can be treated alike

    def field_row(self, type_name: str, field: str) -> object:
        """Everything that says how a field of a type is served; equal for fields served alike."""
        at = (type_name, field)
        found = self._field_rows.get(at)
        if found is None:
            names = self._with_required(type_name, [field])
            found = self._field_rows[at] = tuple(
                self._plain_row(type_name, name) for name in sorted(names)
            )
        return found

    def entries_row(self, type_name: str) -> object:
        """Everything that says how a type is entered, and how its keys are served."""
        found = self._entry_rows.get(type_name)
        if found is None:
            found = self._entry_rows[type_name] = tuple(
                (
                    entry.landing,
                    entry.needs_typename or entry.typename,
                    entry.key.text if entry.key else None,
                    tuple(
                        self.field_row(type_name, selection.name)
                        for selection in (entry.key.selections if entry.key else ())
                    ),
                )
                for entry in self.entries(type_name)
            )
        return found

    def context_row(self, type_name: str) -> object:
        """Everything that says which contexts a type sets, and how what they give is served."""
        return tuple(
            (
                value.key,
                None
                if (selection := value.selections[type_name]) is None
                else (selection.name, self.field_row(type_name, selection.name)),
            )
            for value in self.supergraph.context_values
            if type_name in value.selections
        )

    def _with_required(self, type_name: str, names: list[str]) -> set[str]:
        """Fields and all that ``@requires`` of them read of the same object, directly or not."""
        found: set[str] = set()
        while names:
            name = names.pop()
            definition = self.supergraph.types[type_name].fields.get(name)
            if name in found or definition is None:
                continue
            found.add(name)
            for field in definition.graphs.values():
                if field.requires is not None:
                    names += [selection.name for selection in field.requires.selections]
        return found

    def _plain_row(self, type_name: str, field: str) -> tuple[object, ...]:
        definition = self.supergraph.types[type_name].fields[field]
        return (
            field,
            definition.type,
            tuple(
                (
                    graph,
                    found.type,
                    self.resolves(found),
                    found.provides and found.provides.text,
                    found.requires and found.requires.text,
                    found.contexts,
                )
                for graph, found in definition.graphs.items()
            ),
            # What interface objects add is decided by the interfaces a type has.
            tuple(
                interface
                for interface in self.supergraph.types[type_name].interfaces
                if self.has_interface_objects(interface)
            ),
        )

    def _find_entries(self, type_name: str) -> Iterator[Entry]:
        definition = self.supergraph.types[type_name]
        if type_name == self._query_type:
            for position in self.root_positions(type_name):
                yield Entry(None, type_name, position, needs_typename=False)
            return
        for key in definition.keys:
            if key.is_resolvable:
                yield self._entry(definition, key, type_name)
        if definition.kind is not TypeKind.OBJECT:
            return
        for interface in definition.interfaces:
            for key in self.supergraph.types[interface].keys:
                if key.is_resolvable and self._enters_as(interface, key.graph, type_name):
                    yield self._entry(self.supergraph.types[interface], key, type_name)

    def _entry(self, keyed: TypeDefinition, key: Key, type_name: str) -> Entry:
        is_interface_object = bool(keyed.interface_object_graphs >> key.graph & 1)
        return Entry(
            key=key.fields,
            typename=keyed.name,
            landing=Position(key.graph, 0, keyed.name if is_interface_object else None),
            needs_typename=keyed.name == type_name and keyed.kind is TypeKind.OBJECT,
        )

    def _enters_as(self, interface: str, graph: int, type_name: str) -> bool:
        if self.supergraph.types[interface].interface_object_graphs >> graph & 1:
            return True
        return type_name in self.supergraph.local_types[interface][graph]


def _readers(ways: Sequence[Way], given: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """By field, the ways that read it; ``given`` are the fields that contexts take from the object."""
    found: dict[str, dict[int, None]] = {}
    for number, way in enumerate(ways):
        read = [] if way.entry.key is None else [*way.entry.key.selections]
        if way.move is not None and way.move.requires is not None:
            read += way.move.requires.selections
        names = [each.name for each in read]
        if any(each.selections for each in read):
            # What is read further down may have to be given something from here.
            names += given
        if way.entry.needs_typename:
            names.append("__typename")
        for name in names:
            found.setdefault(name, {})[number] = None
    return {name: tuple(numbers) for name, numbers in found.items()}


def query_graph_of(supergraph: Supergraph, active_labels: frozenset[str] = NO_LABELS) -> QueryGraph:
    """The query graph of a supergraph under some override labels; kept with the supergraph."""
    labels = active_labels & supergraph.override_labels
    return derive(supergraph, (QueryGraph, labels), lambda: QueryGraph(supergraph, labels))
