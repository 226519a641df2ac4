"""Reads join directives: which graphs there are, and what is applied to an element under whatever name.

Spec: Apollo ``join``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    ValueNode,
)

from gateway.errors import SupergraphInvalid

from .features import Feature, directive_arguments, text_of

Arguments: TypeAlias = Mapping[str, ValueNode]
"""Those of one join directive, by name."""


class JoinDirectives:
    """The join directives of one supergraph.

    Raises:
        SupergraphInvalid: the enum ``join__Graph`` is missing, or a value of it has no name.
    """

    def __init__(self, document: DocumentNode, join: Feature) -> None:
        self._join = join
        self._numbers: dict[str, int] = {}
        self.urls: dict[str, str] = {}
        """By the name of a subgraph."""

        self.graph_names = tuple(self._read_graphs(document))
        """By the number of a graph."""

        self.all_graphs = (1 << len(self.graph_names)) - 1
        """Mask of all graphs."""

    @property
    def is_first_version(self) -> bool:
        """Whether this is v0.1, which leaves much unsaid."""
        return self._join.minor == 1

    def _read_graphs(self, document: DocumentNode) -> list[str]:
        enum = self._join.directive("Graph")
        node = next(
            (
                definition
                for definition in document.definitions
                if isinstance(definition, EnumTypeDefinitionNode) and definition.name.value == enum
            ),
            None,
        )
        if node is None or not node.values:
            raise SupergraphInvalid(f"The enum {enum} is missing.")
        names: list[str] = []
        for value in node.values:
            for arguments in self.applied("graph", value.directives):
                name = text_of(arguments.get("name")) or value.name.value
                self._numbers[value.name.value] = len(names)
                names.append(name)
                self.urls[name] = text_of(arguments.get("url")) or ""
            if value.name.value not in self._numbers:
                raise SupergraphInvalid(f"The graph {value.name.value} has no name.")
        return names

    def applied(
        self, name: str, directives: Sequence[ConstDirectiveNode] | None
    ) -> Iterator[Arguments]:
        """The arguments of every application of a join directive (``"field"`` for ``@join__field``)."""
        local = self._join.directive(name)
        for directive in directives or ():
            if directive.name.value == local:
                yield directive_arguments(directive)

    def graph(self, arguments: Arguments) -> int:
        """The number of the graph that a directive is about.

        Raises:
            SupergraphInvalid: there is no such graph.
        """
        name = text_of(arguments.get("graph"))
        if name not in self._numbers:
            raise SupergraphInvalid(f"A join directive names the graph {name}, which is not there.")
        return self._numbers[name]

    def mask(self, applied: Iterable[Arguments]) -> int:
        """The graphs that directives are about."""
        return reduce(lambda mask, arguments: mask | 1 << self.graph(arguments), applied, 0)


def flag(arguments: Arguments, name: str, *, default: bool) -> bool:
    """A Boolean argument."""
    value = arguments.get(name)
    return value.value if isinstance(value, BooleanValueNode) else default
