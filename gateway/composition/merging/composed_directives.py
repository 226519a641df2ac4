"""``@composeDirective``: custom directives that the supergraph keeps, with the link that defines them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphql import print_ast
from graphql.language import DirectiveDefinitionNode

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.federation_spec import Version
from gateway.composition.links import Link
from gateway.composition.report import Report
from gateway.composition.source_locations import location_of
from gateway.composition.subgraph_names import named_subgraphs
from gateway.composition.subgraph_schema import SubgraphSchema
from gateway.composition.supergraph_model import MergedLink

from .compose_requests import ComposeRequest, read_compose_requests


@dataclass(slots=True)
class ComposedDirectives:
    """What the supergraph takes over."""

    names: dict[str, str] = field(default_factory=dict)
    """Local name → name in the supergraph (the same: all subgraphs have to agree on it)."""

    repeatable: set[str] = field(default_factory=set)
    """Those of them that an element can have several of."""

    links: list[MergedLink] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)


def find_composed_directives(
    subgraphs: Sequence[SubgraphSchema], report: Report
) -> ComposedDirectives:
    """Return the directives to keep; what asks for something impossible is reported."""
    requests = [r for subgraph in subgraphs for r in read_compose_requests(subgraph, report)]
    by_feature: dict[str, list[ComposeRequest]] = {}
    for request in requests:
        by_feature.setdefault(request.link.spec.identity, []).append(request)
    composed = ComposedDirectives()
    for identity, asked in by_feature.items():
        if _agree_on_version(identity, asked, subgraphs, report) and _agree_on_names(
            asked, subgraphs, report
        ):
            _add_feature(composed, asked, subgraphs, report)
    _check_collisions(requests, report)
    return composed


def _linking(
    identity: str, subgraphs: Sequence[SubgraphSchema]
) -> list[tuple[SubgraphSchema, Link]]:
    return [(s, link) for s in subgraphs for link in s.links if link.spec.identity == identity]


def _agree_on_version(
    identity: str,
    asked: Sequence[ComposeRequest],
    subgraphs: Sequence[SubgraphSchema],
    report: Report,
) -> bool:
    """One major version (for v0.x: one minor version, too) across all subgraphs that compose it."""
    majors: dict[Version, list[str]] = {}
    for request in asked:
        version = request.link.spec.version
        key = version if version.major == 0 else Version(version.major, 0)
        names = majors.setdefault(key, [])
        if request.subgraph.name not in names:
            names.append(request.subgraph.name)
    if len(majors) == 1:
        others = {
            subgraph.name
            for subgraph, link in _linking(identity, subgraphs)
            if link.spec.version.major != asked[0].link.spec.version.major
        }
        if others:
            report.hint(
                HintCode.DIRECTIVE_COMPOSITION_INFO,
                f"{identity} is linked in another major version by {named_subgraphs(sorted(others))},"
                " whose uses of it are not composed.",
            )
        return True
    report.error(
        CompositionCode.DIRECTIVE_COMPOSITION_ERROR,
        f"{identity} is composed in versions that do not go together: "
        + ", ".join(f"{version} in {named_subgraphs(names)}" for version, names in majors.items())
        + ".",
        at=[request.location for request in asked],
    )
    return False


def _agree_on_names(
    asked: Sequence[ComposeRequest], subgraphs: Sequence[SubgraphSchema], report: Report
) -> bool:
    """One name for each directive across all subgraphs that compose it."""
    agree = True
    for element in dict.fromkeys(request.element for request in asked):
        names: dict[str, list[str]] = {}
        for request in asked:
            if request.element == element:
                names.setdefault(request.local, []).append(request.subgraph.name)
        _warn_of_other_names(element, names, asked, subgraphs, report)
        if len(names) > 1:
            agree = False
            listing = ", ".join(f"@{n} in {named_subgraphs(s)}" for n, s in names.items())
            report.error(
                CompositionCode.DIRECTIVE_COMPOSITION_ERROR,
                f"@{element} of {asked[0].link.spec.identity} is composed, but has different names:"
                f" {listing}.",
                at=[request.location for request in asked],
                coordinate=f"@{element}",
            )
    return agree


def _warn_of_other_names(
    element: str,
    names: dict[str, list[str]],
    asked: Sequence[ComposeRequest],
    subgraphs: Sequence[SubgraphSchema],
    report: Report,
) -> None:
    """Who does not compose the directive may call it differently, but then its uses are lost."""
    composing = {name for listed in names.values() for name in listed}
    for subgraph, link in _linking(asked[0].link.spec.identity, subgraphs):
        local = link.directive(element)
        is_used = local in subgraph.directive_definitions
        if subgraph.name not in composing and is_used and local not in names:
            report.hint(
                HintCode.DIRECTIVE_COMPOSITION_WARN,
                f'"@{element}" of {link.spec.identity} is composed as "@{next(iter(names))}", but called'
                f' "@{local}" in subgraph "{subgraph.name}", whose uses of it are not composed.',
                at=[link.location],
                coordinate=f"@{element}",
            )


def _hint_differences(
    request: ComposeRequest, subgraphs: Sequence[SubgraphSchema], report: Report
) -> None:
    """Definitions of one directive may differ; the newest version's is taken as it is."""
    defining = [
        subgraph
        for subgraph, _ in _linking(request.link.spec.identity, subgraphs)
        if request.local in subgraph.directive_definitions
    ]
    definitions = [subgraph.directive_definitions[request.local] for subgraph in defining]
    at = [
        location_of(subgraph.name, node)
        for subgraph, node in zip(defining, definitions, strict=True)
    ]
    if len({node.repeatable for node in definitions}) > 1:
        report.hint(
            HintCode.INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_REPEATABLE,
            f'"@{request.local}" is repeatable in some subgraphs only; the definition of the newest'
            " version is kept.",
            at=at,
            coordinate=f"@{request.local}",
        )
    if len({frozenset(name.value for name in node.locations) for node in definitions}) > 1:
        report.hint(
            HintCode.INCONSISTENT_TYPE_SYSTEM_DIRECTIVE_LOCATIONS,
            f'"@{request.local}" has different locations in different subgraphs; the definition of'
            " the newest version is kept.",
            at=at,
            coordinate=f"@{request.local}",
        )


def _check_collisions(requests: Sequence[ComposeRequest], report: Report) -> None:
    """One name cannot stand for directives of two features."""
    owners: dict[str, ComposeRequest] = {}
    for request in requests:
        other = owners.setdefault(request.local, request)
        if (other.link.spec.identity, other.element) != (
            request.link.spec.identity,
            request.element,
        ):
            report.error(
                CompositionCode.DIRECTIVE_COMPOSITION_ERROR,
                f'"@{request.local}" is composed from both {other.link.spec} and {request.link.spec}.',
                at=[other.location, request.location],
                coordinate=f"@{request.local}",
            )


def _add_feature(
    composed: ComposedDirectives,
    asked: Sequence[ComposeRequest],
    subgraphs: Sequence[SubgraphSchema],
    report: Report,
) -> None:
    """Link the newest version that is composed, and take its definitions."""
    newest = max(asked, key=lambda request: request.link.spec.version)
    at_newest = [r.subgraph for r in asked if r.link.spec.version == newest.link.spec.version]
    imports: dict[str, str] = {}
    for request in asked:
        definition = next(
            (
                subgraph.directive_definitions[request.local]
                for subgraph in at_newest
                if request.local in subgraph.directive_definitions
            ),
            None,
        )
        if definition is None:
            report.error(
                CompositionCode.DIRECTIVE_COMPOSITION_ERROR,
                f'"@{request.local}" is composed, but not defined by any subgraph that composes'
                f" {newest.link.spec}, the newest version in use.",
                at=[request.location],
                coordinate=f"@{request.local}",
            )
            continue
        if request.local not in composed.names:
            _hint_differences(request, subgraphs, report)
        composed.names[request.local] = request.local
        if definition.repeatable:
            composed.repeatable.add(request.local)
        composed.definitions[request.local] = _print_definition(definition)
        imported = request.link.imports.get(f"@{request.element}")
        if imported is not None:
            imports[f"@{request.element}"] = imported
    link = newest.link
    composed.links.append(
        MergedLink(
            url=str(link.spec),
            alias=link.prefix if link.prefix != link.spec.name else None,
            imports=tuple(imports.items()),
            purpose=link.purpose,
        )
    )


def _print_definition(node: DirectiveDefinitionNode) -> str:
    """Return the definition on one line; its description would belong to another document."""
    bare = DirectiveDefinitionNode(
        name=node.name,
        arguments=node.arguments,
        repeatable=node.repeatable,
        locations=node.locations,
    )
    return print_ast(bare)
