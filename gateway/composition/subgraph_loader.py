"""SDL text → ``SubgraphSchema``: parse, resolve links, check that it is GraphQL, build the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphql import (
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
)
from graphql.language import FragmentDefinitionNode, TypeDefinitionNode

from gateway.supergraph.parse_sdl import parse_sdl

from .codes import CompositionCode
from .constant_types import check_constants
from .errors import SourceLocation
from .federation_spec import DIRECTIVES, FEDERATION_1_DIRECTIVES
from .graphql_validity import check_graphql
from .link_resolver import resolve_links
from .links import LocalNames
from .machinery import strip_machinery
from .report import Report
from .source_locations import location_of
from .subgraph_builder import SubgraphBuilder
from .subgraph_schema import SubgraphSchema


def load_subgraph(name: str, url: str, sdl: str, report: Report) -> SubgraphSchema | None:
    """Return the subgraph's schema, or ``None`` when its SDL is not valid GraphQL (reported).

    Faults of single links, imports and directives are reported, and the schema is returned all the same.
    """
    document = _parse(name, sdl, report)
    if document is None:
        return None
    schema_nodes = [
        d for d in document.definitions if isinstance(d, SchemaDefinitionNode | SchemaExtensionNode)
    ]
    names = resolve_links(name, (d for node in schema_nodes for d in node.directives or ()), report)
    renames = _root_renames(schema_nodes)
    query_root = next((local for local, root in renames.items() if root == "Query"), "Query")
    definitions = strip_machinery(name, document.definitions, names, query_root, report)
    if not _check_root_names(name, definitions, renames, report):
        return None
    validity = check_graphql(definitions, names, query_root)
    _report_invalid(name, validity.errors, names, report)
    if validity.schema is None:
        return None
    names = _assume(names, validity.unknown_directives)
    subgraph = SubgraphBuilder(name, url, names, renames).build(definitions)
    return subgraph if check_constants(subgraph, validity.schema, report) else None


def _assume(names: LocalNames, unknown: frozenset[str]) -> LocalNames:
    """Take directives that are not in scope for what they look like, so that the rest can be checked.

    Whoever forgot to import ``@shareable`` means it all the same, and would not be helped by hearing of fields that
    are not shareable. Anything else is left out.
    """
    meant = {name: name for name in unknown if name in DIRECTIVES}
    return replace(
        names,
        directives={**names.directives, **meant},
        ignored=names.ignored | unknown - meant.keys(),
    )


def _parse(name: str, sdl: str, report: Report) -> DocumentNode | None:
    try:
        document = parse_sdl(sdl)
    except GraphQLError as error:
        place = error.locations[0] if error.locations else None
        report.error(
            CompositionCode.INVALID_GRAPHQL,
            f'In subgraph "{name}": {error.message}',
            at=[SourceLocation(name, place.line, place.column) if place else None],
        )
        return None
    executable = [
        d
        for d in document.definitions
        if isinstance(d, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    if executable:
        report.error(
            CompositionCode.INVALID_GRAPHQL,
            f'In subgraph "{name}": a schema cannot hold operations or fragments.',
            at=[location_of(name, d) for d in executable],
        )
        return None
    return document


def _root_renames(
    nodes: Sequence[SchemaDefinitionNode | SchemaExtensionNode],
) -> dict[str, str]:
    """Return local root type names → Query, Mutation, Subscription, for those that differ."""
    roots = {
        operation.type.name.value: operation.operation.value.capitalize()
        for node in nodes
        for operation in node.operation_types or ()
    }
    return {local: root for local, root in roots.items() if local != root}


def _check_root_names(
    name: str, definitions: Sequence[DefinitionNode], renames: dict[str, str], report: Report
) -> bool:
    """A root's default name cannot be another type's: the supergraph uses it for the root."""
    is_fine = True
    for local, root in renames.items():
        taken = [
            d for d in definitions if isinstance(d, TypeDefinitionNode) and d.name.value == root
        ]
        if taken and root not in renames:
            is_fine = False
            report.error(
                CompositionCode[f"ROOT_{root.upper()}_USED"],
                f'In subgraph "{name}": the type "{root}" is not the {root.lower()} root'
                f' ("{local}" is), but the supergraph needs that name for the root.',
                at=[location_of(name, d) for d in taken],
                coordinate=root,
            )
    return is_fine


def _report_invalid(
    name: str, errors: Sequence[GraphQLError], names: LocalNames, report: Report
) -> None:
    """Report each message once with all its places: a directive that is not in scope is used a hundred times."""
    places: dict[str, list[SourceLocation | None]] = {}
    for error in errors:
        message = f"{error.message}{_advice(error, names)}"
        places.setdefault(message, []).extend(location_of(name, n) for n in error.nodes or ())
    for message, locations in places.items():
        report.error(
            CompositionCode.INVALID_GRAPHQL, f'In subgraph "{name}": {message}', at=locations
        )


def _advice(error: GraphQLError, names: LocalNames) -> str:
    """Say how a federation directive that is not in scope gets there."""
    node = error.nodes[0] if error.nodes else None
    if not isinstance(node, DirectiveNode) or "Unknown directive" not in error.message:
        return ""
    written = node.name.value
    spec = DIRECTIVES.get(written.removeprefix("federation__"))
    if spec is None:
        return ""
    if names.federation_version is None:
        return (
            ""
            if written in FEDERATION_1_DIRECTIVES
            else f' Link https://specs.apollo.dev/federation/{spec.since} or later and import "@{spec.name}".'
        )
    if names.federation_version < spec.since:
        return f" It needs federation {spec.since}."
    local = next((n for n, canonical in names.directives.items() if canonical == spec.name), None)
    return f' Import "@{spec.name}" in the @link to federation, or write @{local}.' if local else ""
