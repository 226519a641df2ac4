"""Walks the API schema with the positions in subgraphs that a query can have brought one to.

A state is a type and the positions at hand there, with the contexts and the override labels of the way. Every field of
the type has to be obtainable from them; where the field leads is the next state. A state that has all that was enough
for one already proven is proven, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.query_graph.explain import Obstacle, Reason, explain
from gateway.query_graph.positions import Position
from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import Option, Reached
from gateway.supergraph.model import ContextKey, FieldDefinition, Supergraph, TypeKind

from .labelled_reach import LabelledReach
from .labels import NO_CHOICE, Choice, choices
from .witness import Step, Witness


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A field that some query can ask for and no plan can answer."""

    type_name: str
    field: str
    witness: Witness
    graphs: frozenset[int]
    """The graphs that the query has got to when it asks."""

    obstacles: tuple[Obstacle, ...]
    labels: Choice
    """The override labels that were chosen on the way."""


@dataclass(frozen=True, slots=True)
class SharedReturn:
    """A field of abstract type that several graphs resolve at one state."""

    type_name: str
    field: str
    witness: Witness
    runtime_types: dict[int, frozenset[str]]
    """By graph, the object types it can return there."""


@dataclass(frozen=True, slots=True)
class _State:
    type_name: str
    positions: frozenset[Position]
    knows_type: bool
    witness: Witness
    needs_fragment: bool = False
    contexts: frozenset[ContextKey] = frozenset()
    """What the objects above can give to contextual arguments."""

    labels: Choice = NO_CHOICE
    """The override labels chosen on the way, as far as they can still matter."""

    def is_proven_by(self, other: _State) -> bool:
        """Whether everything that holds with less at hand, or above, holds here."""
        return (
            other.positions <= self.positions
            and other.contexts <= self.contexts
            and other.labels <= self.labels
            and (self.knows_type or not other.knows_type)
        )


@dataclass(frozen=True, slots=True)
class _Sight:
    """What can be had at a state under one choice of labels."""

    reach: Reach
    reached: Reached
    labels: Choice
    relevant: frozenset[str]
    """The labels that it may depend on."""


@dataclass(slots=True)
class SatisfiabilityWalk:
    """One walk, through all choices of override labels that a query can meet."""

    reaches: LabelledReach
    suspects: frozenset[str]
    """Types and fields that are at fault already; what lies behind them is not looked at."""

    unreachable: list[Unreachable] = field(default_factory=list)
    shared: list[SharedReturn] = field(default_factory=list)
    _queue: deque[_State] = field(default_factory=deque)
    _compared: set[tuple[str, frozenset[Position], Choice]] = field(default_factory=set)
    _proven: dict[str, list[_State]] = field(default_factory=dict)

    @property
    def _supergraph(self) -> Supergraph:
        return self.reaches.supergraph

    def run(self) -> None:
        """Walk from every root type."""
        for operation, root in self._supergraph.root_types.items():
            graph = self.reaches.under(NO_CHOICE, frozenset()).graph
            positions = frozenset(graph.root_positions(root))
            self._enqueue(_State(root, positions, True, Witness(operation)))
        self._drain()

    def _drain(self) -> None:
        while self._queue:
            self._visit(self._queue.popleft())

    def _enqueue(self, state: _State) -> None:
        if state.type_name in self.suspects or not self._supergraph.is_visible(state.type_name):
            return
        proven = self._proven.setdefault(state.type_name, [])
        self.reaches.budget.spend(len(proven))
        if any(map(state.is_proven_by, proven)):
            self._visit_proven(state)
            return
        proven.append(state)
        self._queue.append(state)

    def _visit(self, state: _State) -> None:
        self._compared.add((state.type_name, state.positions, state.labels))
        for seen in self._sights(state):
            if seen.reached.typename_cost is None:
                self._report_unknown_type(state, seen)
                continue
            for definition in self._supergraph.types[state.type_name].fields.values():
                coordinate = f"{state.type_name}.{definition.name}"
                if definition.is_inaccessible or coordinate in self.suspects:
                    continue
                witness = self._witness(state, definition.name)
                for at_field in self._sights_of_field(state, seen, definition.name):
                    options = at_field.reach.options(at_field.reached, definition.name)
                    if options:
                        self._follow(state, at_field, definition, options, witness)
                    else:
                        self._report(state, at_field, definition.name, witness)

    def _visit_proven(self, state: _State) -> None:
        """More positions than were proven with make no field unreachable, but may differ in what they return."""
        at = (state.type_name, state.positions, state.labels)
        if at in self._compared:
            return
        self._compared.add(at)
        for seen in self._sights(state):
            for definition in self._supergraph.types[state.type_name].fields.values():
                coordinate = f"{state.type_name}.{definition.name}"
                if definition.is_inaccessible or coordinate in self.suspects:
                    continue
                witness = self._witness(state, definition.name)
                for at_field in self._sights_of_field(state, seen, definition.name):
                    options = at_field.reach.options(at_field.reached, definition.name)
                    self._note_shared(state, at_field, definition, options, witness)

    def _sights(self, state: _State) -> Iterator[_Sight]:
        """Yield what can be had at a state under every choice of the labels that decide it."""
        labels = self.reaches.uses.of_reading(state.type_name)
        for choice in choices(labels, state.labels):
            yield self._sight(state, choice, labels)

    def _sights_of_field(self, state: _State, seen: _Sight, field_name: str) -> Iterator[_Sight]:
        """Yield the same under every choice of the labels with which one field moves besides."""
        labels = self.reaches.uses.of_field(state.type_name, field_name)
        if labels <= seen.relevant:
            yield seen
            return
        relevant = labels | seen.relevant
        for choice in choices(labels, seen.labels):
            yield self._sight(state, choice, relevant)

    def _sight(self, state: _State, choice: Choice, relevant: frozenset[str]) -> _Sight:
        if relevant:
            self.reaches.budget.spend()
        reach = self.reaches.under(choice, relevant)
        reached = reach.from_positions(
            state.type_name,
            [(position, 0) for position in state.positions],
            knows_type=state.knows_type,
            contexts=tuple((key, 0) for key in sorted(state.contexts)),
        )
        return _Sight(reach, reached, choice, relevant)

    @staticmethod
    def _witness(state: _State, field_name: str) -> Witness:
        return state.witness.then(Step(state.type_name, field_name, state.needs_fragment))

    def _follow(
        self,
        state: _State,
        seen: _Sight,
        definition: FieldDefinition,
        options: Sequence[Option],
        witness: Witness,
    ) -> None:
        self._note_shared(state, seen, definition, options, witness)
        is_mutation = state.type_name == self._supergraph.root_types.get("mutation")
        graphs = {option.move.graph for option in options}
        if is_mutation and len(graphs) > 1:
            self._follow_one_of(seen, definition, options, witness)
        else:
            for next_state in self._next_states(seen, definition, options, witness):
                self._enqueue(next_state)

    def _next_states(
        self,
        seen: _Sight,
        definition: FieldDefinition,
        options: Iterable[Option],
        witness: Witness,
    ) -> Iterable[_State]:
        target = definition.type.name
        contexts = frozenset(key for key, _ in seen.reach.contexts_below(seen.reached, target))
        for name in sorted(self._supergraph.possible_types.get(target, ())):
            arrivals = [seen.reach.graph.arrive(option.move, name) for option in options]
            positions = frozenset(position for position in arrivals if position is not None)
            # Where one of the graphs never returns the type, asking that one leaves nothing to answer.
            if positions and len(positions) == len(set(arrivals)):
                is_declared = name == target
                yield _State(
                    name,
                    positions,
                    is_declared,
                    witness,
                    needs_fragment=not is_declared,
                    contexts=contexts,
                    labels=_restricted(seen.labels, self.reaches.uses.below(name)),
                )

    def _follow_one_of(
        self,
        seen: _Sight,
        definition: FieldDefinition,
        options: Sequence[Option],
        witness: Witness,
    ) -> None:
        """A mutation runs once, so one of the graphs that share it has to do alone."""
        first: SatisfiabilityWalk | None = None
        for option in options:
            attempt = SatisfiabilityWalk(self.reaches, self.suspects)
            for state in self._next_states(seen, definition, [option], witness):
                attempt._enqueue(state)
            attempt._drain()
            if not attempt.unreachable:
                return
            first = first or attempt
        if first is not None:
            self.unreachable += first.unreachable

    def _note_shared(
        self,
        state: _State,
        seen: _Sight,
        definition: FieldDefinition,
        options: Sequence[Option],
        witness: Witness,
    ) -> None:
        target = self._supergraph.types.get(definition.type.name)
        if target is None or target.kind not in (TypeKind.INTERFACE, TypeKind.UNION):
            return
        types = {
            option.move.graph: frozenset(
                name
                for name in self._supergraph.possible_types[target.name]
                if seen.reach.graph.arrive(option.move, name) is not None
            )
            for option in options
        }
        if len(set(types.values())) > 1:
            self.shared.append(SharedReturn(state.type_name, definition.name, witness, types))

    def _report(self, state: _State, seen: _Sight, field_name: str, witness: Witness) -> None:
        obstacles = explain(seen.reach, seen.reached, field_name)
        if any(self._is_suspect(state.type_name, obstacle) for obstacle in obstacles):
            return
        self.unreachable.append(
            Unreachable(
                state.type_name,
                field_name,
                witness,
                frozenset(position.graph for position in state.positions),
                obstacles,
                seen.labels,
            )
        )

    def _report_unknown_type(self, state: _State, seen: _Sight) -> None:
        """Objects of an interface object have no type before another subgraph has said it."""
        obstacles = tuple(
            Obstacle(graph, Reason.TYPE_UNKNOWN)
            for graph in sorted({position.graph for position in state.positions})
        )
        self.unreachable.append(
            Unreachable(
                state.type_name,
                "__typename",
                self._witness(state, "__typename"),
                frozenset(position.graph for position in state.positions),
                obstacles,
                seen.labels,
            )
        )

    def _is_suspect(self, type_name: str, obstacle: Obstacle) -> bool:
        """Whether a key or requirement fails by a field that is at fault already."""
        words = obstacle.field_set.replace("{", " ").replace("}", " ").split()
        return any(f"{type_name}.{word}" in self.suspects for word in words)


def _restricted(choice: Choice, labels: frozenset[str]) -> Choice:
    if not choice:
        return choice
    return frozenset((label, value) for label, value in choice if label in labels)
