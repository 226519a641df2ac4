"""Writes the requests of grown plans down as the fetches of a query plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gateway.operations.normalize import NormalizedOperation
from gateway.query_plan.nodes import (
    ContextVariable,
    EntityGroup,
    Fetch,
    OperationKind,
    fill_selection,
)
from gateway.supergraph.model import Supergraph

from .fetch_graph import Call, FetchNode
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
        self._deferred: set[int] = set()
        self.ids: dict[FetchNode, int] = {}
        """The fetch that each request became."""

    @property
    def fetches(self) -> Sequence[Fetch]:
        """What was written, each after those that it depends on."""
        return self._fetches

    def write(self, parts: Sequence[Grown]) -> None:
        """Write the parts of a plan, which run one after the other."""
        for together in _adjacent(parts):
            before = self._last()
            *others, last = together
            first = len(self._fetches)
            self.ids.update((node, first) for part in others for node in part.fetches.nodes)
            extra = [node.root for part in others for node in part.fetches.nodes if node.root]
            self._write_part(last, extra, before)

    def _last(self) -> tuple[int, ...]:
        """The fetches that no other waits for yet; the next root field does not wait for what is deferred."""
        fetches = [fetch for fetch in self._fetches if fetch.id not in self._deferred]
        awaited = {number for fetch in fetches for number in fetch.depends_on}
        return tuple(fetch.id for fetch in fetches if fetch.id not in awaited)

    def _write_part(self, part: Grown, extra: list[Frame], before: tuple[int, ...]) -> None:
        """Write one part; ``extra`` root fields go before its own, in the same operation."""
        graph = part.fetches
        writer = OperationWriter(self._supergraph, part.growth.typed_scopes, self._definitions)
        nodes = sorted(graph.nodes, key=lambda node: (graph.wave(node), node.number))
        ids = {node: len(self._fetches) + place for place, node in enumerate(nodes)}
        self.ids.update(ids)
        if part.deferral is not None:
            primary = set(part.deferral.primary_nodes())
            self._deferred |= {ids[node] for node in nodes if node not in primary}
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
        calls: dict[str, list[Call]] = {}
        for call in node.calls:
            calls.setdefault(writer.call_selection(call), []).append(call)
        if any(frame.contexts for frame in node.frames):
            self._write_contextual(writer, node, calls, number, depends_on)
            return
        targets = {
            selection: [entity_target(self._supergraph, call) for call in found]
            for selection, found in calls.items()
        }
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

    def _write_contextual(
        self,
        writer: OperationWriter,
        node: FetchNode,
        calls: Mapping[str, Sequence[Call]],
        number: int,
        depends_on: tuple[int, ...],
    ) -> None:
        """Write a request in parts, for its entities may have to be asked for lot by lot."""
        groups: list[EntityGroup] = []
        parts: list[tuple[str, str, str]] = []
        count = 0
        for (alias, variable), (marked, found) in zip(
            self._names(len(calls)), calls.items(), strict=True
        ):
            selection, arguments = writer.contexts.split(marked)
            contexts = tuple(
                ContextVariable(name=f"{self._prefix()}context{place}", type=str(argument.type))
                for place, argument in enumerate(arguments, count)
            )
            count += len(contexts)
            keys = [argument.key for argument in arguments]
            group = EntityGroup(
                alias=alias,
                variable=variable,
                targets=tuple(entity_target(self._supergraph, call, keys) for call in found),
                contexts=contexts,
                selection=selection,
                client_variables=writer.variables(frame for call in found for frame in call.frames),
            )
            groups.append(group)
            parts.append((alias, variable, fill_selection(group)))
        definitions = [
            f"${context.name}: {context.type}" for group in groups for context in group.contexts
        ]
        text, variables = writer.entity_operation(parts, node, definitions)
        self._fetches.append(
            Fetch(
                id=number,
                subgraph=self._supergraph.graph_names[node.graph],
                kind=OperationKind.QUERY,
                operation=text,
                variables=variables,
                definitions=tuple(self._definitions[name] for name in variables),
                entities=tuple(groups),
                depends_on=depends_on,
            )
        )

    def _prefix(self) -> str:
        """What makes names of variables that no client variable has."""
        prefix = ""
        while any(
            name.startswith((f"{prefix}representations", f"{prefix}context"))
            for name in self._definitions
        ):
            prefix += "_"
        return prefix

    def _names(self, count: int) -> Iterator[tuple[str, str]]:
        """Alias and variable of each ``_entities`` field; no client variable has such a name."""
        prefix = self._prefix()
        if count == 1:
            yield "_entities", f"{prefix}representations"
            return
        for number in range(count):
            yield f"_e{number}", f"{prefix}representations{number}"


def count_requests(parts: Sequence[Grown]) -> int:
    """How many requests the parts of a plan take when they are written."""
    return sum(len(together[-1].fetches) for together in _adjacent(parts))


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
