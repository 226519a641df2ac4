"""The fewest requests that answer an operation, by trying all orders of asking: slow, simple and sure.

What is known never makes anything harder, so a request is taken to ask for all that its subgraph has: a
request to a root, or one for the entities at every place whose keys are known by then. Where an object can be of
several types there is a place for each of them: a subgraph that returns it tells of all, and which it is has to be
known before it can be entered by a key of its own type. Nothing of the planner is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from gateway.supergraph.selections import Selection

from .federated_world import GraphType, World

_HIDDEN_DEPTH = 3
"""How many places below those of the operation keys may lead: keys of keys of keys."""


class NotCovered(Exception):
    """The operation, or its supergraph, has what is not looked at here."""


@dataclass(slots=True, eq=False)
class _Place:
    """An object of the answer, or one that a key or requirement needs."""

    type_name: str
    fact: int
    """The bit for having the object."""

    leaves: dict[str, int] = field(default_factory=dict)
    """A bit for each leaf, by name and arguments."""

    below: dict[str, _Place | _Choice] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """The field of each entry."""

    typed: int = 0
    """The bit for knowing that the object is of this type; 0 where it can be of no other."""


@dataclass(slots=True, eq=False)
class _Choice:
    """An object that is of one of several types."""

    type_name: str
    """The interface or union."""

    typed: int
    """The bit for knowing of which."""

    classes: list[_Place]


class FewestRequests:
    """Counts requests for one operation over one world."""

    def __init__(self, world: World, selections: Sequence[Selection]) -> None:
        self._world = world
        self._bits = 0
        self._places: list[_Place] = []
        self._choices: list[_Choice] = []
        self._root = self._add_place("Query")
        self._wanted = 0
        self._add_wanted(self._root, selections)
        for place in list(self._places):
            self._add_hidden(place, _HIDDEN_DEPTH)

    def count(self, *, waves: int, limit: int) -> int | None:
        """The fewest requests in so many waves, those of a wave sent together.

        ``None`` when they are more than ``limit``.
        """
        fewest: dict[int, int] = {self._root.fact: 0}
        """What can be known after the waves so far, and by how many requests."""
        for _ in range(waves):
            for known, spent in list(fewest.items()):
                gains = [after for after in set(self._after(known)) if after != known]
                for size in range(1, limit - spent + 1):
                    for sent in combinations(gains, size):
                        after = known
                        for each in sent:
                            after |= each
                        fewest[after] = min(spent + size, fewest.get(after, limit))
            fewest = _without_dominated(fewest)
        return min(
            (spent for known, spent in fewest.items() if known & self._wanted == self._wanted),
            default=None,
        )

    # What there is to know

    def _bit(self) -> int:
        self._bits += 1
        return 1 << (self._bits - 1)

    def _add_place(self, type_name: str, typed: int = 0) -> _Place:
        place = _Place(type_name, self._bit(), typed=typed)
        self._places.append(place)
        return place

    def _add_below(self, type_name: str) -> _Place | _Choice:
        possible = self._world.possible[type_name]
        if possible == [type_name]:
            return self._add_place(type_name)
        typed = self._bit()
        choice = _Choice(type_name, typed, [self._add_place(each, typed) for each in possible])
        self._choices.append(choice)
        return choice

    def _add_entry(self, place: _Place, name: str, arguments: str) -> _Place | _Choice | int:
        spec = self._world.types[place.type_name].get(name)
        if spec is None or spec.contexts:
            raise NotCovered
        at = name + arguments
        place.names[at] = name
        if spec.is_leaf:
            if at not in place.leaves:
                place.leaves[at] = self._bit()
            return place.leaves[at]
        if at not in place.below:
            place.below[at] = self._add_below(spec.named)
        return place.below[at]

    def _add_wanted(self, place: _Place | _Choice, selections: Sequence[Selection]) -> None:
        if isinstance(place, _Choice):
            if any(each.on is not None or each.name == "__typename" for each in selections):
                self._wanted |= place.typed
            for each in place.classes:
                self._add_wanted(each, selections)
            return
        self._wanted |= place.fact
        for selection in selections:
            if selection.name == "__typename" or (
                selection.on is not None and place.type_name not in selection.on
            ):
                continue
            entry = self._add_entry(place, selection.name, selection.arguments)
            if isinstance(entry, int):
                self._wanted |= entry
            else:
                self._add_wanted(entry, selection.selections)

    def _add_hidden(self, place: _Place, depth: int) -> None:
        if depth == 0:
            return
        before = len(self._places)
        for local in self._locals(place):
            for key, is_resolvable in local.keys:
                if is_resolvable:
                    self._bits_of(place, key)
        entries = -1
        while entries != len(place.names):
            # An input of one field may have inputs itself.
            entries = len(place.names)
            for local in self._locals(place):
                for found in local.fields.values():
                    if found.requires and found.spec.name in place.names.values():
                        self._bits_of(place, found.requires)
        for inner in self._places[before:]:
            self._add_hidden(inner, depth - 1)

    def _locals(self, place: _Place) -> Iterator[GraphType]:
        for types in self._world.graphs.values():
            if place.type_name in types:
                yield types[place.type_name]
            yield from (each for each in types.values() if self._takes_for(each, place))

    def _takes_for(self, local: GraphType, place: _Place) -> bool:
        """Whether a graph that has an interface object takes a place's object for one."""
        possible = self._world.possible.get(local.name, ())
        return local.is_interface_object and place.type_name in possible

    def _bits_of(self, place: _Place, field_set: str) -> int:
        """What has to be known to send a field set of an object."""
        return self._bits_below(place, _parse(field_set))

    def _bits_below(self, place: _Place, nodes: Sequence[FieldNode]) -> int:
        bits = 0
        for node in nodes:
            arguments = ",".join(
                f"{each.name.value}:{getattr(each.value, 'value', '')}"
                for each in node.arguments or ()
            )
            entry = self._add_entry(place, node.name.value, f"({arguments})" if arguments else "")
            if isinstance(entry, _Choice):
                raise NotCovered
            if isinstance(entry, _Place):
                bits |= entry.fact | self._bits_below(entry, _inner(node.selection_set))
            else:
                bits |= entry
        return bits

    # What a request adds

    def _after(self, known: int) -> Iterator[int]:
        for graph, types in self._world.graphs.items():
            if "Query" in types:
                yield known | self._seen(graph, self._root, "", None)
            more = known
            for place in self._places:
                # Of an object whose type is not known it is not known that there is one of this type.
                if place.fact & known and place is not self._root and self._is_typed(place, known):
                    for local in self._locals_of(types, place):
                        if self._can_enter(local, place, known):
                            more |= self._seen(graph, place, "", known)
            for choice in self._choices:
                whole = types.get(choice.type_name)
                if whole is not None and all(
                    place.fact & known and self._can_enter(whole, place, known)
                    for place in choice.classes
                ):
                    more |= self._seen_any(graph, choice)
            yield more

    def _locals_of(self, types: dict[str, GraphType], place: _Place) -> Iterator[GraphType]:
        for local in types.values():
            if local.name == place.type_name or self._takes_for(local, place):
                yield local

    def _is_typed(self, place: _Place, known: int) -> bool:
        return place.typed & known == place.typed

    def _seen_any(self, graph: str, choice: _Choice) -> int:
        """What a subgraph tells of an object of any of several types."""
        local = self._world.graphs[graph][choice.type_name]
        bits = 0 if local.is_interface_object else choice.typed
        for place in choice.classes:
            bits |= self._seen(graph, place, "", None)
        return bits

    def _can_enter(self, local: GraphType, place: _Place, known: int) -> bool:
        return any(
            is_resolvable and self._knows(place, key, known) for key, is_resolvable in local.keys
        )

    def _knows(self, place: _Place, field_set: str, known: int) -> bool:
        bits = self._bits_of(place, field_set)
        return bits & known == bits

    def _seen(self, graph: str, place: _Place, provided: str, sent: int | None) -> int:
        """What a subgraph tells of an object; ``sent`` is what was known, at the entity of a call."""
        local = next(self._locals_of(self._world.graphs[graph], place), None)
        if local is None:
            return 0
        bits = place.fact
        view = {node.name.value: node for node in _parse(provided)}
        for at, name in list(place.names.items()):
            found = local.fields.get(name)
            if found is None or found.is_overridden or (found.is_external and name not in view):
                continue
            is_short_of_inputs = found.requires is not None and (
                sent is None or not self._knows(place, found.requires, sent)
            )
            if is_short_of_inputs and name not in view:
                continue
            if at in place.leaves:
                bits |= place.leaves[at]
            else:
                inner = found.provides or ""
                if name in view and view[name].selection_set is not None:
                    inner += " " + " ".join(
                        node.name.value for node in _inner(view[name].selection_set)
                    )
                below = place.below[at]
                if isinstance(below, _Choice):
                    bits |= self._seen_any(graph, below)
                else:
                    bits |= self._seen(graph, below, inner, None)
        return bits


def _without_dominated(fewest: dict[int, int]) -> dict[int, int]:
    """Leave out what knows no more than another and took no fewer requests."""
    kept: dict[int, int] = {}
    for known, spent in sorted(fewest.items(), key=lambda item: (item[1], -item[0].bit_count())):
        if not any(known & other == known for other in kept):
            kept[known] = spent
    return kept


def _parse(text: str) -> list[FieldNode]:
    if not text.strip():
        return []
    definition = parse(f"{{{text}}}").definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    return _inner(definition.selection_set)


def _inner(node: SelectionSetNode | None) -> list[FieldNode]:
    return [each for each in (node.selections if node else ()) if isinstance(each, FieldNode)]
