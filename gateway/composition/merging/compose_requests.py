"""Reads ``@composeDirective``: which directives subgraphs ask to be kept, as far as that makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.composition.codes import CompositionCode, HintCode
from gateway.composition.errors import SourceLocation
from gateway.composition.federation_spec import DIRECTIVES, FEDERATION, LINK, find_feature
from gateway.composition.links import Link
from gateway.composition.report import Report
from gateway.composition.subgraph_schema import AppliedDirective, SubgraphSchema


@dataclass(frozen=True, slots=True)
class ComposeRequest:
    """One ``@composeDirective`` that is in order."""

    subgraph: SubgraphSchema
    link: Link
    element: str
    """The directive's name in its own feature."""

    local: str
    location: SourceLocation | None


def read_compose_requests(subgraph: SubgraphSchema, report: Report) -> Iterator[ComposeRequest]:
    """Yield the requests that are in order; the others are reported."""
    for directive in subgraph.schema_directives:
        if directive.spec == "composeDirective":
            yield from _read(subgraph, directive, report)


def _read(
    subgraph: SubgraphSchema, directive: AppliedDirective, report: Report
) -> Iterator[ComposeRequest]:
    def refuse(problem: str, coordinate: str | None = None) -> None:
        report.error(
            CompositionCode.DIRECTIVE_COMPOSITION_ERROR,
            f'In subgraph "{subgraph.name}": {problem}',
            at=[directive.location],
            coordinate=coordinate,
        )

    written = directive.string("name")
    if not written or not written.startswith("@"):
        given = f", not {written!r}" if written else ""
        refuse(f'@composeDirective needs the name of a directive, with its "@"{given}.')
        return
    local = written[1:]
    is_defined = local in subgraph.directive_definitions
    found = [
        (link, element) for link in subgraph.links if (element := link.owner_of(local)) is not None
    ]
    if not found:
        reason = (
            "it does not come from a specification linked with @link"
            if is_defined
            else "it is not defined"
        )
        refuse(f'"{written}" cannot be composed: {reason}.', written)
        return
    link, element = found[0]
    if link.spec.identity in (FEDERATION, LINK) or find_feature(link.spec.identity):
        spec = DIRECTIVES.get(element)
        if spec is None or spec.feature is None:
            refuse(f'"{written}" serves composition itself and cannot be composed.', written)
            return
        report.hint(
            HintCode.DIRECTIVE_COMPOSITION_INFO,
            f'In subgraph "{subgraph.name}": "{written}" is composed anyway;'
            " @composeDirective has no effect.",
            at=[directive.location],
            coordinate=written,
        )
    elif not is_defined:
        refuse(f'"{written}" cannot be composed: it is not defined.', written)
    else:
        yield ComposeRequest(subgraph, link, element, local, directive.location)
