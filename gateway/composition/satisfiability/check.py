"""Checks a supergraph: loads it as a gateway would, walks it, and words what the walk has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.errors import SourceLocation
from gateway.composition.report import Report
from gateway.composition.subgraph_names import named_subgraphs
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.errors import SupergraphInvalid
from gateway.query_graph.budget import Budget, BudgetSpent
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph

from .findings import SharedReturn, Unreachable
from .labelled_reach import LabelledReach
from .labels import Choice
from .reasons import describe_obstacles
from .walk import SatisfiabilityWalk
from .witness import print_witness

MAX_STEPS = 1_000_000
"""Entries tried in one check; a schema that takes more is given up on, rather than the machine."""


def check_satisfiability(
    supergraph_sdl: str,
    subgraphs: Sequence[SubgraphSchema],
    report: Report,
    *,
    max_steps: int = MAX_STEPS,
) -> Supergraph | None:
    """Report every field that some valid query can ask for in vain; return the supergraph, if it can be loaded.

    Spec: Apollo Federation, "satisfiability".
    """
    try:
        supergraph = load_supergraph(supergraph_sdl)
    except SupergraphInvalid as error:
        # Beside other errors this is their consequence: what they are about was stood in for.
        if not report.has_errors:
            report.error(
                CompositionCode.INVALID_GRAPHQL, f"The merged schema is not valid: {error}"
            )
        return None
    suspects = report.suspect_coordinates()
    budget = Budget(max_steps)
    found = _Findings(supergraph, subgraphs, report)
    try:
        walk = SatisfiabilityWalk(LabelledReach(supergraph, budget), suspects)
        walk.run()
        found.add(walk)
    except BudgetSpent:
        report.error(
            CompositionCode.MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED,
            f"Whether all queries can be answered takes more than {max_steps} steps to decide.",
        )
    # The walk has been everywhere, and what it has made on its way is more than serving ever needs.
    supergraph.derived.clear()
    return supergraph


class _Findings:
    """Turns what a walk finds into errors and hints, each once whatever the override labels."""

    def __init__(
        self, supergraph: Supergraph, subgraphs: Sequence[SubgraphSchema], report: Report
    ) -> None:
        self._supergraph = supergraph
        self._subgraphs: Mapping[str, SubgraphSchema] = {s.name: s for s in subgraphs}
        self._report = report
        self._seen: set[tuple[str, str, frozenset[int]]] = set()
        self._shared: set[tuple[str, str]] = set()

    def add(self, walk: SatisfiabilityWalk) -> None:
        """Report what a walk has found."""
        for problem in walk.unreachable:
            identity = (problem.type_name, problem.field, problem.graphs)
            if identity not in self._seen:
                self._seen.add(identity)
                self._report_unreachable(problem)
        for shared in walk.shared:
            if (shared.type_name, shared.field) not in self._shared:
                self._shared.add((shared.type_name, shared.field))
                self._report_shared(shared)

    def _names(self, graphs: frozenset[int]) -> str:
        return named_subgraphs(self._supergraph.graph_names[graph] for graph in sorted(graphs))

    def _location(self, graph: int, type_name: str, field: str) -> SourceLocation | None:
        type_ = self._subgraphs[self._supergraph.graph_names[graph]].types.get(type_name)
        found = type_.fields.get(field) if type_ is not None else None
        return found.location if found is not None else None

    def _report_unreachable(self, problem: Unreachable) -> None:
        query = print_witness(problem.witness, self._supergraph.api_schema)
        reasons = describe_obstacles(
            problem.obstacles,
            type_name=problem.type_name,
            field=problem.field,
            names=self._supergraph.graph_names,
        )
        graphs = dict.fromkeys(obstacle.graph for obstacle in problem.obstacles)
        self._report.error(
            CompositionCode.SATISFIABILITY_ERROR,
            f'"{problem.type_name}.{problem.field}" cannot be answered by the query\n{query}\n'
            f"Coming from {self._names(problem.graphs)}{_describe_labels(problem.labels)}:\n"
            + "\n".join(f"- {reason}" for reason in reasons),
            at=[self._location(graph, problem.type_name, problem.field) for graph in graphs],
            coordinate=f"{problem.type_name}.{problem.field}",
        )

    def _report_shared(self, shared: SharedReturn) -> None:
        listing = "; ".join(
            f"{', '.join(sorted(types)) or 'none'} in {self._names(frozenset({graph}))}"
            for graph, types in sorted(shared.runtime_types.items())
        )
        coordinate = f"{shared.type_name}.{shared.field}"
        at = [
            self._location(graph, shared.type_name, shared.field)
            for graph in sorted(shared.runtime_types)
        ]
        if frozenset.intersection(*shared.runtime_types.values()):
            self._report.hint(
                HintCode.INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN,
                f'The shared "{coordinate}" can return different types: {listing}.',
                at=at,
                coordinate=coordinate,
            )
            return
        self._report.error(
            CompositionCode.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
            f'The shared "{coordinate}" can return no type that all its subgraphs know: {listing}.',
            at=at,
            coordinate=coordinate,
        )


def _describe_labels(labels: Choice) -> str:
    if not labels:
        return ""
    listing = " and ".join(
        f'"{label}" is {"active" if is_active else "inactive"}'
        for label, is_active in sorted(labels)
    )
    return f" while the override label {listing}"
