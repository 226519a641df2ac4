"""Writes the requests of grown plans down as the fetches of a query plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.operations.normalize import NormalizedOperation
from gateway.query_plan.nodes import EntityGroup, EntityTarget, Fetch, OperationKind
from gateway.supergraph.model import Supergraph

from .fetch_graph import FetchNode
from .frames import Frame
from .representations import entity_target, response_path
from .search import Grown
from .subgraph_operation import OperationWriter


class PlanWriter:
    """Writes the fetches of one plan."""

    def __init__(
        self, supergraph: Supergraph, operation: NormalizedOperation, kind: OperationKind
    ) -> None:
        self._supergraph = supergraph
        self._definitions = operation.variables
        self._kind = kind
        self._fetches: list[Fetch] = []

    def write(self, parts: Sequence[Grown]) -> list[Fetch]:
        """Write the parts of a plan, which run one after the other."""
        for together in _adjacent(parts):
            before = self._last()
            *others, last = together
            extra = [node.root for part in others for node in part.fetches.nodes if node.root]
            self._write_part(last, extra, before)
        return self._fetches

    def _last(self) -> tuple[int, ...]:
        """The fetches that no other waits for yet."""
        awaited = {number for fetch in self._fetches for number in fetch.depends_on}
        return tuple(fetch.id for fetch in self._fetches if fetch.id not in awaited)

    def _write_part(self, part: Grown, extra: list[Frame], before: tuple[int, ...]) -> None:
        """Write one part; ``extra`` root fields go before its own, in the same operation."""
        graph = part.fetches
        writer = OperationWriter(self._supergraph, part.growth.typed_scopes, self._definitions)
        nodes = sorted(graph.nodes, key=lambda node: (graph.wave(node), node.number))
        ids = {node: len(self._fetches) + place for place, node in enumerate(nodes)}
        ancestors = graph.ancestors()
        for node in nodes:
            direct = graph.depends_on(node)
            # What another dependency waits for anyway goes without saying.
            implied = 0
            for other in direct:
                implied |= ancestors[other]
            depends_on = tuple(
                sorted(ids[other] for other in direct if not implied >> other.number & 1)
            )
            if node.root is not None:
                is_below = bool(node.root.scope.parents)
                roots = [node.root] if is_below else [*extra, node.root]
                self._write_root(writer, roots, ids[node], depends_on or before)
            else:
                self._write_entities(writer, node, ids[node], depends_on)

    def _write_root(
        self, writer: OperationWriter, roots: list[Frame], number: int, depends_on: tuple[int, ...]
    ) -> None:
        scope = roots[-1].scope
        kind = OperationKind.QUERY if scope.parents else self._kind
        text, variables = writer.root_operation(kind.value, roots)
        self._fetches.append(
            Fetch(
                id=number,
                subgraph=self._supergraph.graph_names[roots[-1].graph],
                kind=kind,
                operation=text,
                variables=variables,
                depends_on=depends_on,
                path=response_path(scope),
            )
        )

    def _write_entities(
        self, writer: OperationWriter, node: FetchNode, number: int, depends_on: tuple[int, ...]
    ) -> None:
        targets: dict[str, list[EntityTarget]] = {}
        for call in node.calls:
            selection = writer.call_selection(call)
            targets.setdefault(selection, []).append(entity_target(self._supergraph, call))
        names = list(zip(self._names(len(targets)), targets.items(), strict=True))
        text, variables = writer.entity_operation(
            [(alias, variable, selection) for (alias, variable), (selection, _) in names], node
        )
        self._fetches.append(
            Fetch(
                id=number,
                subgraph=self._supergraph.graph_names[node.graph],
                kind=OperationKind.QUERY,
                operation=text,
                variables=variables,
                entities=tuple(
                    EntityGroup(alias=alias, variable=variable, targets=tuple(found))
                    for (alias, variable), (_, found) in names
                ),
                depends_on=depends_on,
            )
        )

    def _names(self, count: int) -> Iterator[tuple[str, str]]:
        """Alias and variable of each ``_entities`` field; no client variable has such a name."""
        prefix = ""
        while any(name.startswith(f"{prefix}representations") for name in self._definitions):
            prefix += "_"
        if count == 1:
            yield "_entities", f"{prefix}representations"
            return
        for number in range(count):
            yield f"_e{number}", f"{prefix}representations{number}"


def _adjacent(parts: Sequence[Grown]) -> Iterator[list[Grown]]:
    """Parts that can share one operation: of one graph, and nothing to do between them."""
    together: list[Grown] = []
    for part in parts:
        if together and (len(together[-1].fetches.nodes) > 1 or not _same_root(together[-1], part)):
            yield together
            together = []
        together.append(part)
    if together:
        yield together


def _same_root(one: Grown, other: Grown) -> bool:
    return one.fetches.nodes[0].graph == other.fetches.nodes[0].graph
