"""Explains a plan: what each request serves, why its subgraph, and what the plan would be with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.query_graph.reach import Reach
from gateway.query_graph.reached import CALL, Option
from gateway.query_plan.explanation import (
    Alternative,
    Because,
    EntryReason,
    FetchReason,
    FieldReason,
    Outcome,
    PlanExplanation,
    Purpose,
)
from gateway.query_plan.nodes import OnTypes, ResponsePath
from gateway.supergraph.model import GraphField

from .alternatives import Alternatives, Part
from .fetch_graph import FetchNode
from .frames import Frame, Input
from .representations import response_path
from .scopes import Demand, Scope


def explain_plan(
    reach: Reach, parts: Sequence[Part], ids: Mapping[FetchNode, int]
) -> PlanExplanation:
    """Explain the parts of a plan whose requests have been numbered."""
    alternatives = Alternatives(parts)
    found = [
        reason
        for part in parts
        for reason in _Explainer(reach, part, ids, alternatives).explain_requests()
    ]
    return PlanExplanation(tuple(sorted(found, key=lambda reason: reason.id)))


class _Explainer:
    """Explains one part."""

    def __init__(
        self,
        reach: Reach,
        part: Part,
        ids: Mapping[FetchNode, int],
        alternatives: Alternatives,
    ) -> None:
        self._reach = reach
        self._graph = reach.graph
        self._names = reach.graph.supergraph.graph_names
        self._part = part
        self._growth = part.grown.growth
        self._fetches = part.grown.fetches
        self._ids = ids
        self._alternatives = alternatives
        self._purposes = dict(_purposes(self._growth.frames))

    def explain_requests(self) -> Iterator[FetchReason]:
        """Explain the requests in the order of their numbers."""
        served: dict[FetchNode, list[FieldReason]] = {}
        for demand, frame in self._growth.providers.items():
            reason = self._explain_field(demand)
            for node in self._fetches.nodes_of(frame):
                served.setdefault(node, []).append(reason)
        for node in self._fetches.nodes:
            if node in self._ids:
                yield FetchReason(
                    id=self._ids[node],
                    subgraph=self._names[node.graph],
                    entries=tuple(dict.fromkeys(map(_entry, node.frames))),
                    fields=tuple(sorted(served.get(node, ()), key=lambda field: field.path)),
                )

    def _explain_field(self, demand: Demand) -> FieldReason:
        taken = self._growth.decisions[demand]
        requires = taken.move.requires
        alternatives = tuple(self._compare(demand, taken))
        return FieldReason(
            path=_path(demand.home.scope, demand.key),
            coordinate=f"{demand.home.type_name}.{demand.name}",
            purpose=self._purposes[demand] if demand.response_key is None else Purpose.CLIENT,
            because=self._because(demand, taken, alternatives),
            requires=requires.text if requires is not None else None,
            alternatives=alternatives,
        )

    def _because(
        self, demand: Demand, taken: Option, alternatives: Sequence[Alternative]
    ) -> Because:
        if taken.position.view and self._graph.views.provides(
            taken.position.view, demand.home.type_name, demand.name
        ):
            return Because.PROVIDED
        outcomes = {each.outcome for each in alternatives} - {Outcome.IMPOSSIBLE}
        if not outcomes:
            return Because.ONLY
        if taken.cost < CALL:
            return Because.AT_HAND
        if outcomes & {Outcome.BETTER, Outcome.NOT_FOUND, Outcome.UNKNOWN}:
            return Because.BEST_FOUND
        return Because.CHEAPEST if outcomes == {Outcome.MORE_REQUESTS} else Because.NO_WORSE

    def _able(self, demand: Demand) -> set[int]:
        """The graphs that the field can be had from in some way."""
        options = self._reach.options(demand.home.reached, demand.name)
        return {option.position.graph for option in options}

    def _compare(self, demand: Demand, taken: Option) -> Iterator[Alternative]:
        """The other graphs with the field, and what the plan would be with each."""
        definition = self._graph.supergraph.types[demand.home.type_name].fields[demand.name]
        able = self._able(demand)
        for graph in sorted({*definition.graphs, *able} - {taken.position.graph}):
            subgraph = self._names[graph]
            if graph not in able:
                obstacle = self._obstacle(definition.graphs[graph])
            elif self._is_entered_with(demand, graph):
                obstacle = "it can only be entered with this field itself"
            else:
                found = self._alternatives.compare(self._part, demand, graph)
                yield Alternative(
                    subgraph=subgraph, outcome=found.outcome, requests=found.more_requests
                )
                continue
            yield Alternative(subgraph=subgraph, outcome=Outcome.IMPOSSIBLE, obstacle=obstacle)

    def _is_entered_with(self, demand: Demand, graph: int) -> bool:
        """Whether a graph has to be sent a field before it could be asked for it."""
        home = demand.home
        positions = (
            self._graph.arrive(option.move, home.type_name) for option in home.scope.carriers
        )
        is_carried = any(position and position.graph == graph for position in positions)
        return not (home.scope.is_root or is_carried) and all(
            entry.key is not None
            and any(selection.name == demand.name for selection in entry.key.selections)
            for entry in self._graph.entries(home.type_name)
            if entry.landing.graph == graph
        )

    def _obstacle(self, field: GraphField) -> str:
        if field.is_external:
            return "it does not resolve the field: external, or overridden"
        if not self._graph.resolves(field):
            return "its override label gives the field to another subgraph"
        return "it cannot be entered here, or not with what can be sent"


def _entry(frame: Frame) -> EntryReason:
    key = frame.entry.key if frame.entry is not None else None
    return EntryReason(
        path=_path(frame.scope),
        key=key.text if key is not None else None,
        requires=frame.is_stage,
    )


def _purposes(frames: Sequence[Frame]) -> Iterator[tuple[Demand, Purpose]]:
    for frame in frames:
        for context in frame.contexts:
            for demand, _ in _inputs(context.inputs):
                yield demand, Purpose.CONTEXT
        for demand, is_key in _inputs(frame.inputs):
            yield demand, Purpose.KEY if is_key else Purpose.REQUIRES


def _inputs(inputs: Sequence[Input]) -> Iterator[tuple[Demand, bool]]:
    """The fields that are sent, and whether for a key."""
    for each in inputs:
        yield each.demand, each.is_key
        for _, below in each.below:
            yield from _inputs(below)


def _path(scope: Scope, *key: str) -> str:
    path: ResponsePath = response_path(scope)
    return ".".join([*(each for each in path if not isinstance(each, OnTypes)), *key])
