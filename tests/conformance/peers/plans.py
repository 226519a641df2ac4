"""Compares our plans with Apollo's query planner by the number of requests, on random operations over random subgraphs.

One difference is a rule. Where the inputs of a field with ``@requires`` are provided on the path, their planner reads
the field in place; ours sends the inputs in a call of its own, as everywhere else. Whether that is why ours takes more
is settled by planning again as if such fields could be read in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.composition.compose import SubgraphSource, compose
from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.positions import Move, Position
from gateway.supergraph.derived import derive
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from gateway.supergraph.selections import Selection
from tests.support.federated_world import World
from tests.support.oracle import Oracle
from tests.support.supergraphs import plan_of

from .node import run_lines

_OPERATIONS = 10
"""At most so many operations over one set of subgraphs."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An operation, and the supergraph that it is planned over."""

    name: str
    supergraph_sdl: str
    supergraph: Supergraph
    operation: str


@dataclass(slots=True)
class PlanComparison:
    """How many plans take as many requests as theirs, fewer, or more."""

    equal: int = 0
    fewer: int = 0
    more_for_inputs: int = 0
    """Because theirs reads a field with ``@requires`` in place."""

    refused: int = 0
    """Their planner finds no plan: inputs of ``@requires`` that we bring along (docs/conformance.md)."""

    more: dict[str, list[str]] = field(default_factory=dict)
    """The operations for which ours takes more, and by name what there is to say of them."""


def compare_plans(folder: Path, worlds: int) -> PlanComparison:
    """Plan random operations over so many random sets of subgraphs on both sides."""
    found = PlanComparison()
    cases = list(_cases(worlds))
    lines = ({"supergraph": case.supergraph_sdl, "operation": case.operation} for case in cases)
    for case, answer in zip(cases, run_lines(folder, "plan.mjs", lines), strict=True):
        ours = _requests(case.supergraph, case.operation)
        if "error" in answer:
            found.refused += 1
            continue
        theirs = str(answer["plan"]).count("Fetch(")
        if ours == theirs:
            found.equal += 1
        elif ours < theirs:
            found.fewer += 1
        elif _requests(_reading_in_place(case.supergraph), case.operation) <= theirs:
            found.more_for_inputs += 1
        else:
            found.more[case.name] = [case.operation, f"requests: ours {ours}, theirs {theirs}"]
    return found


def _cases(worlds: int) -> Iterator[Planned]:
    for seed in range(worlds):
        world = World(seed)
        sources = [
            SubgraphSource(name, f"http://{name}.test/graphql", sdl)
            for name, sdl in world.sdls().items()
        ]
        composed = compose(sources).supergraph_sdl
        # Their planner has contexts, but numbers what it reads for them so that plans cannot be told apart by count.
        if composed is None or "contextArguments:" in composed:
            continue
        supergraph = load_supergraph(composed)
        operations = Oracle(world, supergraph).operations(_OPERATIONS, seed)
        for number, operation in enumerate(operations):
            # Their plans ask again for what is under a condition; ours are made once conditions are known.
            if "@skip" not in operation.text and "@include" not in operation.text:
                yield Planned(f"random/{seed}/{number}", composed, supergraph, operation.text)


def _requests(supergraph: Supergraph, operation: str) -> int:
    return len(plan_of(supergraph, operation).fetches)


def _reading_in_place(supergraph: Supergraph) -> Supergraph:
    """The same supergraph, for planning by their rule."""
    other = replace(supergraph, derived={})
    derive(other, (QueryGraph, frozenset[str]()), lambda: _InPlace(other))
    return other


class _InPlace(QueryGraph):
    """Where the inputs of a field are there already, it is a field like any other."""

    def move(self, type_name: str, position: Position, field: str) -> Move | None:
        found = super().move(type_name, position, field)
        if found is None or found.requires is None:
            return found
        if not self._reads(type_name, position, found.requires.selections):
            return found
        return replace(found, requires=None, is_staged=bool(found.contexts))

    def _reads(self, type_name: str, position: Position, selections: Sequence[Selection]) -> bool:
        """Whether a field set can be read where one stands."""
        for selection in selections:
            if selection.name == "__typename":
                continue
            found = self.move(type_name, position, selection.name)
            if found is None or found.is_staged:
                return False
            named = self.supergraph.types[type_name].fields[selection.name].type.name
            for possible in self.supergraph.possible_types.get(named, ()):
                below = self.arrive(found, possible)
                if below is not None and not self._reads(possible, below, selection.selections):
                    return False
        return True
