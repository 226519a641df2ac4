"""Explains a grown plan: what each request serves, why its subgraph, and what the others would have taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.query_graph.graph import QueryGraph
from gateway.query_graph.reached import CALL, Option
from gateway.query_plan.explanation import (
    Alternative,
    Because,
    EntryReason,
    FetchReason,
    FieldReason,
    PlanExplanation,
    Purpose,
)
from gateway.query_plan.nodes import OnTypes, ResponsePath

from .fetch_graph import FetchNode
from .frames import Frame, Input
from .growth import Decision
from .representations import response_path
from .scopes import Demand, Scope
from .search import Grown


def explain_plan(
    graph: QueryGraph, parts: Sequence[Grown], ids: Mapping[FetchNode, int]
) -> PlanExplanation:
    """Explain the parts of a plan whose requests have been numbered."""
    found = [reason for part in parts for reason in _Explainer(graph, part, ids).explain_requests()]
    return PlanExplanation(tuple(sorted(found, key=lambda reason: reason.id)))


class _Explainer:
    """Explains one part."""

    def __init__(self, graph: QueryGraph, part: Grown, ids: Mapping[FetchNode, int]) -> None:
        self._graph = graph
        self._names = graph.supergraph.graph_names
        self._part = part
        self._ids = ids
        self._purposes = dict(_purposes(part.growth.frames))

    def explain_requests(self) -> Iterator[FetchReason]:
        served: dict[FetchNode, list[FieldReason]] = {}
        for demand, frame in self._part.growth.providers.items():
            reason = self._explain_field(demand, frame)
            for node in self._part.fetches.nodes_of(frame):
                served.setdefault(node, []).append(reason)
        for node in self._part.fetches.nodes:
            if node in self._ids:
                yield FetchReason(
                    id=self._ids[node],
                    subgraph=self._names[node.graph],
                    entries=tuple(dict.fromkeys(map(_entry, node.frames))),
                    fields=tuple(sorted(served.get(node, ()), key=lambda field: field.path)),
                )

    def _explain_field(self, demand: Demand, frame: Frame) -> FieldReason:
        decision = self._part.growth.decisions[demand]
        requires = decision.option.move.requires
        return FieldReason(
            path=_path(demand.home.scope, demand.key),
            coordinate=f"{demand.home.type_name}.{demand.name}",
            purpose=self._purposes.get(demand, Purpose.KEY)
            if demand.response_key is None
            else Purpose.CLIENT,
            because=self._because(demand, decision, frame),
            requests=_requests(decision.option),
            requires=requires.text if requires is not None else None,
            alternatives=tuple(self._alternatives(demand, decision)),
        )

    def _because(self, demand: Demand, decision: Decision, frame: Frame) -> Because:
        taken = decision.option
        if taken.position.view and self._graph.views.provides(
            taken.position.view, demand.home.type_name, demand.name
        ):
            return Because.PROVIDED
        others = [option for option in decision.options if option.position.graph != frame.graph]
        if not others:
            return Because.ONLY
        if taken.cost < CALL:
            return Because.AT_HAND
        if all(_requests(option) > _requests(taken) for option in others):
            return Because.CHEAPEST
        return Because.FIRST

    def _alternatives(self, demand: Demand, decision: Decision) -> Iterator[Alternative]:
        """The other graphs with the field: what they take, or why they cannot serve it."""
        cheapest: dict[int, int] = {}
        for option in decision.options:
            graph = option.position.graph
            cheapest[graph] = min(_requests(option), cheapest.get(graph, _requests(option)))
        definition = self._graph.supergraph.types[demand.home.type_name].fields[demand.name]
        for graph in sorted({*definition.graphs, *cheapest} - {decision.option.position.graph}):
            if graph in cheapest:
                yield Alternative(subgraph=self._names[graph], requests=cheapest[graph])
                continue
            found = definition.graphs[graph]
            if found.is_external:
                obstacle = "it knows the field as external"
            elif not self._graph.resolves(found):
                obstacle = "its override label gives the field to another subgraph"
            else:
                obstacle = "it cannot be entered here, or not with what can be sent"
            yield Alternative(subgraph=self._names[graph], requests=None, obstacle=obstacle)


def _requests(option: Option) -> int:
    return option.cost // CALL


def _entry(frame: Frame) -> EntryReason:
    key = frame.entry.key if frame.entry is not None else None
    return EntryReason(
        path=_path(frame.scope),
        key=key.text if key is not None else None,
        requires=frame.is_stage,
    )


def _purposes(frames: Sequence[Frame]) -> Iterator[tuple[Demand, Purpose]]:
    for frame in frames:
        yield from _input_purposes(frame.inputs)


def _input_purposes(inputs: Sequence[Input]) -> Iterator[tuple[Demand, Purpose]]:
    for each in inputs:
        yield each.demand, Purpose.KEY if each.is_key else Purpose.REQUIRES
        for _, below in each.below:
            yield from _input_purposes(below)


def _path(scope: Scope, *key: str) -> str:
    path: ResponsePath = response_path(scope)
    return ".".join([*(each for each in path if not isinstance(each, OnTypes)), *key])
