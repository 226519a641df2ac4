"""Walks the API schema with the positions in subgraphs that a query can have brought one to.

A state is a type and the positions at hand there, with the contexts and the override labels of the way. Every field of
the type has to be obtainable from them; where the field leads is the next state. A state that has all that was enough
for one already proven is proven, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from gateway.query_graph.explain import Obstacle, Reason, explain
from gateway.query_graph.positions import Position
from gateway.query_graph.reached import Option
from gateway.supergraph.model import FieldDefinition, Supergraph
from gateway.supergraph.type_kinds import ABSTRACT_KINDS

from .findings import SharedReturn, Unreachable
from .labelled_reach import LabelledReach
from .labels import NO_CHOICE, Choice, choices
from .shared_returns import SharedReturns
from .states import Leading, Proof, Sight, State, arrival_of
from .witness import Step, Witness


@dataclass(slots=True)
class SatisfiabilityWalk:
    """One walk, through all choices of override labels that a query can meet."""

    reaches: LabelledReach
    suspects: frozenset[str]
    """Types and fields that are at fault already; what lies behind them is not looked at."""

    unreachable: list[Unreachable] = field(default_factory=list)
    _queue: deque[State] = field(default_factory=deque)
    _compared: set[tuple[str, frozenset[Position], Choice]] = field(default_factory=set)
    _proofs: dict[str, list[Proof]] = field(default_factory=dict)
    _abstract: dict[str, tuple[FieldDefinition, ...]] = field(default_factory=dict)
    _followed: set[Leading] = field(default_factory=set)
    _sufficient: set[Leading] = field(default_factory=set)
    """Where a subgraph that has run a mutation can do alone."""

    _sound: SatisfiabilityWalk | None = None
    """The last walk from there that has found nothing wrong."""

    _shared: SharedReturns = field(init=False)

    def __post_init__(self) -> None:
        self._shared = SharedReturns(self.reaches.supergraph)

    @property
    def shared(self) -> Sequence[SharedReturn]:
        """The shared fields met whose graphs may return different types."""
        return self._shared.found

    @property
    def _supergraph(self) -> Supergraph:
        return self.reaches.supergraph

    def run(self) -> None:
        """Walk from every root type."""
        for operation, root in self._supergraph.root_types.items():
            graph = self.reaches.under(NO_CHOICE, frozenset()).graph
            positions = frozenset(graph.root_positions(root))
            self._enqueue(State(root, positions, True, Witness(operation)))
        self._drain()

    def _drain(self) -> None:
        while self._queue:
            self._visit(self._queue.popleft())

    def _enqueue(self, state: State) -> None:
        if state.type_name in self.suspects or not self._supergraph.is_visible(state.type_name):
            return
        self._queue.append(state)

    def _visit(self, state: State) -> None:
        proofs = self._proofs.setdefault(state.type_name, [])
        self.reaches.budget.spend(len(proofs))
        covering = [p for p in proofs if state.is_proven_by(p.state, state.positions)]
        if not covering and proofs and not self.reaches.uses.of_reading(state.type_name):
            reached = next(self._sights(state)).reached
            covering = [p for p in proofs if state.is_proven_by(p.state, reached.costs.keys())]
        if covering:
            # What failed with less at hand may be had here, and lead on.
            self._visit_proven(state, set.intersection(*(proof.failed for proof in covering)))
        else:
            proof = Proof(state)
            proofs.append(proof)
            self._prove(state, proof)

    def _prove(self, state: State, proof: Proof) -> None:
        self._compared.add((state.type_name, state.positions, state.labels))
        fields = self._supergraph.types[state.type_name].fields
        for seen in self._sights(state):
            if seen.reached.typename_cost is None:
                proof.failed.update(fields)
                self._report_unknown_type(state, seen)
                continue
            for definition in fields.values():
                if not self._is_asked_for(state.type_name, definition):
                    continue
                witness = self._witness(state, definition.name)
                for at_field in self._sights_of_field(state, seen, definition.name):
                    options = at_field.reach.options(at_field.reached, definition.name)
                    if options:
                        self._follow(state, at_field, definition, options, witness)
                    else:
                        proof.failed.add(definition.name)
                        self._report(state, at_field, definition.name, witness)

    def _visit_proven(self, state: State, open_fields: Set[str]) -> None:
        """More positions than were proven with make no field unreachable, but may differ in what they return.

        ``open_fields`` could not be had where it was proven. That is reported; here they are only followed.
        """
        at = (state.type_name, state.positions, state.labels)
        if at in self._compared:
            return
        self._compared.add(at)
        declared = self._supergraph.types[state.type_name].fields
        fields = [*self._abstract_fields(state.type_name)]
        fields += [
            declared[name]
            for name in sorted(open_fields)
            if self._is_asked_for(state.type_name, declared[name])
            and not any(declared[name] is known for known in fields)
        ]
        for seen in self._sights(state) if fields else ():
            if seen.reached.typename_cost is None:
                continue
            for definition in fields:
                witness = self._witness(state, definition.name)
                for at_field in self._sights_of_field(state, seen, definition.name):
                    options = at_field.reach.options(at_field.reached, definition.name)
                    if definition.name in open_fields and options:
                        self._follow(state, at_field, definition, options, witness)
                    else:
                        self._shared.note(
                            state.type_name, definition, at_field.reach, options, witness
                        )

    def _is_asked_for(self, type_name: str, definition: FieldDefinition) -> bool:
        """Whether queries can hold a field, and nothing is known to be wrong with it."""
        return (
            not definition.is_inaccessible and f"{type_name}.{definition.name}" not in self.suspects
        )

    def _abstract_fields(self, type_name: str) -> Sequence[FieldDefinition]:
        """Return the fields to compare: those that can return different object types."""
        found = self._abstract.get(type_name)
        if found is None:
            supergraph = self._supergraph
            found = self._abstract[type_name] = tuple(
                definition
                for definition in supergraph.types[type_name].fields.values()
                if self._is_asked_for(type_name, definition)
                and supergraph.types[definition.type.name].kind in ABSTRACT_KINDS
            )
        return found

    def _sights(self, state: State) -> Iterator[Sight]:
        """Yield what can be had at a state under every choice of the labels that decide it."""
        labels = self.reaches.uses.of_reading(state.type_name)
        for choice in choices(labels, state.labels):
            yield self._sight(state, choice, labels)

    def _sights_of_field(self, state: State, seen: Sight, field_name: str) -> Iterator[Sight]:
        """Yield the same under every choice of the labels with which one field moves besides."""
        labels = self.reaches.uses.of_field(state.type_name, field_name)
        if labels <= seen.relevant:
            yield seen
            return
        relevant = labels | seen.relevant
        for choice in choices(labels, seen.labels):
            yield self._sight(state, choice, relevant)

    def _sight(self, state: State, choice: Choice, relevant: frozenset[str]) -> Sight:
        if relevant:
            self.reaches.budget.spend()
        reach = self.reaches.under(choice, relevant)
        reached = reach.from_positions(
            state.type_name,
            [(position, 0) for position in state.positions],
            knows_type=state.knows_type,
            contexts=tuple((key, 0) for key in sorted(state.contexts)),
        )
        return Sight(reach, reached, choice, relevant)

    @staticmethod
    def _witness(state: State, field_name: str) -> Witness:
        return state.witness.then(Step(state.type_name, field_name, state.needs_fragment))

    def _follow(
        self,
        state: State,
        seen: Sight,
        definition: FieldDefinition,
        options: Sequence[Option],
        witness: Witness,
    ) -> None:
        self._shared.note(state.type_name, definition, seen.reach, options, witness)
        is_mutation = state.type_name == self._supergraph.root_types.get("mutation")
        graphs = {option.move.graph for option in options}
        if is_mutation and len(graphs) > 1:
            self._follow_one_of(seen, definition, options, witness)
        else:
            for next_state in self._next_states(seen, definition, options, witness):
                self._enqueue(next_state)

    def _next_states(
        self,
        seen: Sight,
        definition: FieldDefinition,
        options: Sequence[Option],
        witness: Witness,
    ) -> Iterator[State]:
        """Yield the states that a field leads to, unless another one has led to the same."""
        target = definition.type.name
        leading = self._leading(seen, definition, options)
        if leading in self._followed:
            return
        self._followed.add(leading)
        for name in sorted(self._supergraph.possible_types.get(target, ())):
            arrivals = [seen.reach.graph.arrive(option.move, name) for option in options]
            positions = frozenset(position for position in arrivals if position is not None)
            # Where one of the graphs never returns the type, asking that one leaves nothing to answer.
            if positions and len(positions) == len(set(arrivals)):
                is_declared = name == target
                yield State(
                    name,
                    positions,
                    is_declared,
                    witness,
                    needs_fragment=not is_declared,
                    contexts=leading.contexts,
                    labels=_restricted(leading.labels, self.reaches.uses.below(name)),
                )

    def _leading(
        self, seen: Sight, definition: FieldDefinition, options: Sequence[Option]
    ) -> Leading:
        target = definition.type.name
        return Leading(
            target,
            frozenset(map(arrival_of, options)),
            frozenset(key for key, _ in seen.reach.contexts_below(seen.reached, target)),
            _restricted(seen.labels, self.reaches.uses.below(target)),
        )

    def _follow_one_of(
        self,
        seen: Sight,
        definition: FieldDefinition,
        options: Sequence[Option],
        witness: Witness,
    ) -> None:
        """A mutation runs once, so one of the graphs that share it has to do alone."""
        attempts: list[SatisfiabilityWalk] = []
        for option in options:
            leading = self._leading(seen, definition, [option])
            if leading in self._sufficient:
                return
            attempt = self._attempt(seen, definition, option, witness)
            if not attempt.unreachable:
                self._sufficient.add(leading)
                self._sound = attempt
                self._shared.found += attempt.shared
                return
            attempts.append(attempt)
        self.unreachable += attempts[0].unreachable

    def _attempt(
        self, seen: Sight, definition: FieldDefinition, option: Option, witness: Witness
    ) -> SatisfiabilityWalk:
        """Walk on from one option alone, building on what other such walks have proven."""
        sound = self._sound or SatisfiabilityWalk(self.reaches, self.suspects)
        attempt = SatisfiabilityWalk(
            self.reaches,
            self.suspects,
            _compared=set(sound._compared),
            _proofs={name: [*proofs] for name, proofs in sound._proofs.items()},
            _followed=set(sound._followed),
        )
        for state in attempt._next_states(seen, definition, [option], witness):
            attempt._enqueue(state)
        attempt._drain()
        return attempt

    def _report(self, state: State, seen: Sight, field_name: str, witness: Witness) -> None:
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

    def _report_unknown_type(self, state: State, seen: Sight) -> None:
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
