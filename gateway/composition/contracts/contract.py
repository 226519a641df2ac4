"""Applies a contract to a supergraph: the same supergraph with ``@inaccessible`` on what the contract hides.

Routing keeps the whole: a hidden field can still be a key, or feed ``@requires``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphql import GraphQLError

from gateway.composition.checks.inaccessible import check_inaccessible
from gateway.composition.codes import CompositionCode
from gateway.composition.errors import CompositionError
from gateway.composition.report import MAX_PROBLEMS, Report
from gateway.errors import SupergraphInvalid
from gateway.supergraph.api_schema import build_api_schema
from gateway.supergraph.features import read_features
from gateway.supergraph.parse_sdl import parse_sdl
from gateway.supergraph.type_ref import type_ref

from .elements import Elements
from .hiding import find_hidden
from .marking import mark_inaccessible
from .merged_view import merged_view
from .tag_filter import TagFilter

_QUOTED = re.compile(r'"([^"]+)"')


@dataclass(frozen=True, slots=True)
class ContractResult:
    """A supergraph that keeps to a contract, or why there is none."""

    supergraph_sdl: str | None
    """``None`` if and only if there are errors."""

    errors: tuple[CompositionError, ...] = ()
    unknown_tags: tuple[str, ...] = ()
    """Tags of the contract that stand nowhere in the supergraph, sorted: a typing error, as a rule."""


def apply_contract(supergraph_sdl: str, tags: TagFilter) -> ContractResult:
    """Return the supergraph with everything hidden that ``tags`` keeps back.

    Pure and idempotent. There are errors when what clients would see is no valid schema: a visible field of a hidden
    type, a hidden argument that is required, nothing left to ask for.

    Raises:
        SupergraphInvalid: the text is no supergraph.
    """
    try:
        document = parse_sdl(supergraph_sdl)
    except GraphQLError as error:
        raise SupergraphInvalid(f"The supergraph is no GraphQL: {error.message}") from error
    features = read_features(document)
    build_api_schema(document, features)  # for what it raises: the rest relies on a sound document
    elements = Elements.read(document, features)
    reasons = find_hidden(elements, tags)
    errors = _check(elements, reasons)
    sdl = None
    if not errors:
        hidden = (node for coordinate, node in elements.all() if coordinate in reasons)
        sdl = mark_inaccessible(supergraph_sdl, document, features, hidden)
    return ContractResult(sdl, errors, _unknown_tags(elements, tags))


def _unknown_tags(elements: Elements, tags: TagFilter) -> tuple[str, ...]:
    known = frozenset[str]().union(*(elements.tags(node) for _, node in elements.all()))
    return tuple(sorted((tags.include | tags.exclude) - known))


def _check(elements: Elements, reasons: Mapping[str, str]) -> tuple[CompositionError, ...]:
    report = Report()
    query = elements.root_types.get("query", "Query")
    if query in reasons:
        # Everything else would follow from this one.
        report.error(
            CompositionCode.QUERY_ROOT_TYPE_INACCESSIBLE,
            f'"{query}" is inaccessible: clients would have nothing to ask for.',
            coordinate=query,
        )
    else:
        check_inaccessible(
            merged_view(
                elements,
                lambda coordinate, node: coordinate in reasons or elements.is_inaccessible(node),
            ),
            report,
        )
        _check_directives(elements, reasons, report)
    return tuple(_explained(error, reasons) for error in report.errors[:MAX_PROBLEMS])


def _check_directives(elements: Elements, reasons: Mapping[str, str], report: Report) -> None:
    for directive in elements.executable_directives:
        for argument in directive.arguments or ():
            name = type_ref(argument.type).name
            if name in reasons:
                coordinate = f"@{directive.name.value}({argument.name.value}:)"
                report.error(
                    CompositionCode.REFERENCED_INACCESSIBLE,
                    f'"{coordinate}" is visible, but its type "{name}" is inaccessible.',
                    coordinate=coordinate,
                )


def _explained(error: CompositionError, reasons: Mapping[str, str]) -> CompositionError:
    """Return the error with why the contract hides what it names."""
    because = "".join(f' "{name}" {reasons[name]}.' for name in _named(error.message, reasons))
    return replace(error, message=error.message + because)


def _named(message: str, reasons: Mapping[str, str]) -> Iterator[str]:
    yield from dict.fromkeys(name for name in _QUOTED.findall(message) if name in reasons)
