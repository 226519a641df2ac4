"""What every merge step knows: the subgraphs, the roles of their fields, how enums are used, and where to report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.composition.errors import SourceLocation
from gateway.composition.field_usage import FieldUsage
from gateway.composition.report import Report
from gateway.composition.subgraph_names import named_subgraphs
from gateway.composition.subgraph_schema import (
    AppliedDirective,
    Element,
    SubgraphSchema,
    SubgraphType,
)
from gateway.supergraph.type_kinds import TypeKind

ElementT_co = TypeVar("ElementT_co", bound=Element, covariant=True)
WholeT = TypeVar("WholeT", bound=Element)
PartT = TypeVar("PartT", bound=Element)


@dataclass(frozen=True, slots=True)
class Source(Generic[ElementT_co]):
    """One graph's version of an element."""

    graph: int
    element: ElementT_co


@dataclass(frozen=True, slots=True)
class MergeContext:
    """Everything a merge step reads; the report is the one thing it writes to besides its result."""

    subgraphs: tuple[SubgraphSchema, ...]
    graph_names: tuple[str, ...]
    """The subgraphs' names as values of ``join__Graph``."""

    usages: tuple[FieldUsage, ...]
    report: Report
    composed_directives: dict[str, str]
    """Custom directives that stay, by the name all subgraphs use: name → name in the supergraph."""

    repeatable_directives: frozenset[str]
    """Those of them that an element can have several of."""

    feature_names: dict[str, str]
    """Canonical name → name in the supergraph, for directives of linked features."""

    supertypes: dict[str, frozenset[str]]
    """Type → interfaces it implements and unions it belongs to, in any subgraph."""

    input_enums: frozenset[str]
    output_enums: frozenset[str]
    types: Mapping[str, Sequence[Source[SubgraphType]]]
    """Every type's versions in subgraph order; types in order of first appearance."""

    interface_objects: Mapping[str, Sequence[Source[SubgraphType]]]
    """By interface: the objects that stand for it, in subgraph order."""

    implementations: Mapping[str, frozenset[str]]
    """By interface: the object types that implement it in any subgraph."""

    def is_subtype(self, name: str, of: str) -> bool:
        """Whether ``name`` is an implementation or member of ``of`` in any subgraph."""
        return of in self.supertypes.get(name, ())

    def name(self, graph: int) -> str:
        """Return a subgraph's name."""
        return self.subgraphs[graph].name

    def named(self, graphs: Iterable[int]) -> str:
        """Return subgraphs for a message: ``subgraph "a"``, ``subgraphs "a" and "b"``."""
        return named_subgraphs(self.name(graph) for graph in graphs)

    def field_set(self, graph: int, directive: AppliedDirective | None) -> str | None:
        """Return a directive's field set, unless it is not valid."""
        if directive is None or directive.location in self.usages[graph].invalid_field_sets:
            return None
        text = directive.string("fields")
        # Outer braces are a subgraph's liberty; readers of supergraphs need not know it.
        return text.strip()[1:-1].strip() if text and text.lstrip().startswith("{") else text

    def is_external(self, graph: int, type_name: str, field_name: str) -> bool:
        """Whether a field is known to a graph and not resolved there."""
        return (type_name, field_name) in self.usages[graph].external


def locations(sources: Iterable[Source[Element]]) -> list[SourceLocation | None]:
    """Return where the sources stand."""
    return [source.element.location for source in sources]


def parts_by_name(
    sources: Iterable[Source[WholeT]], parts_of: Callable[[WholeT], Mapping[str, PartT]]
) -> dict[str, list[Source[PartT]]]:
    """Return the versions of every part (fields, arguments, values) of an element, in order of first appearance."""
    found: dict[str, list[Source[PartT]]] = {}
    for source in sources:
        for name, part in parts_of(source.element).items():
            found.setdefault(name, []).append(Source(source.graph, part))
    return found


def find_types(subgraphs: Iterable[SubgraphSchema]) -> dict[str, list[Source[SubgraphType]]]:
    """Return every type's versions in subgraph order."""
    found: dict[str, list[Source[SubgraphType]]] = {}
    for graph, subgraph in enumerate(subgraphs):
        for name, type_ in subgraph.types.items():
            found.setdefault(name, []).append(Source(graph, type_))
    return found


def find_interface_objects(
    types: Mapping[str, Sequence[Source[SubgraphType]]],
) -> dict[str, list[Source[SubgraphType]]]:
    """Return interface → the objects that stand for it, of all versions of types."""
    found = {
        name: [source for source in sources if source.element.is_interface_object]
        for name, sources in types.items()
    }
    return {name: objects for name, objects in found.items() if objects}


def find_implementations(subgraphs: Iterable[SubgraphSchema]) -> dict[str, frozenset[str]]:
    """Return interface → the object types that implement it, over all subgraphs."""
    found: dict[str, set[str]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            if type_.kind is TypeKind.OBJECT:
                for interface in type_.interfaces:
                    found.setdefault(interface, set()).add(type_.name)
    return {name: frozenset(objects) for name, objects in found.items()}


def find_supertypes(subgraphs: Iterable[SubgraphSchema]) -> dict[str, frozenset[str]]:
    """Return type → its interfaces and unions, over all subgraphs."""
    found: dict[str, set[str]] = {}
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            for interface in type_.interfaces:
                found.setdefault(type_.name, set()).add(interface)
            for member in type_.members:
                found.setdefault(member, set()).add(type_.name)
    return {name: frozenset(supertypes) for name, supertypes in found.items()}


def find_enum_usage(
    subgraphs: Iterable[SubgraphSchema],
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the enums that stand in input positions and those in output positions, in any subgraph."""
    inputs: set[str] = set()
    outputs: set[str] = set()
    enums: set[str] = set()
    for subgraph in subgraphs:
        for type_ in subgraph.types.values():
            if type_.kind is TypeKind.ENUM:
                enums.add(type_.name)
            inputs.update(f.type.name for f in type_.input_fields.values())
            for field in type_.fields.values():
                outputs.add(field.type.name)
                inputs.update(a.type.name for a in field.arguments.values())
    return frozenset(inputs & enums), frozenset(outputs & enums)
