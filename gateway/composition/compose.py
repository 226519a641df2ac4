"""Composes subgraphs into a supergraph: the phases, in order, and how far one goes when something is wrong.

Faults of one phase hide those of later ones only where they have to. Without a subgraph that is no valid GraphQL,
nothing can be said of the whole; the others are checked one by one. Anything else is stood in for, and later phases
leave out what concerns a type already at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.supergraph.model import Supergraph

from .checks import CHECKS
from .codes import CompositionCode
from .coordinates import locate
from .errors import CompositionError, CompositionHint
from .federation1.upgrade import upgrade_federation1
from .field_usage import FieldUsage, find_field_usage
from .merging.merge import merge_subgraphs
from .report import MAX_PROBLEMS, Report
from .rules import RULES
from .satisfiability.check import check_satisfiability
from .satisfiability.sound_part import sound_part
from .subgraph_loader import load_subgraph
from .subgraph_schema import SubgraphSchema
from .supergraph_printer import print_supergraph


@dataclass(frozen=True, slots=True)
class SubgraphSource:
    """A subgraph to compose: its SDL, and the address that the supergraph records."""

    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True)
class CompositionResult:
    """A supergraph, or why there is none."""

    supergraph_sdl: str | None
    """``None`` if and only if there are errors."""

    errors: tuple[CompositionError, ...] = ()
    hints: tuple[CompositionHint, ...] = ()
    supergraph: Supergraph | None = field(default=None, repr=False, compare=False)
    """What ``load_supergraph`` makes of the text: it had to be loaded to be checked."""


def compose(subgraphs: Sequence[SubgraphSource]) -> CompositionResult:
    """Compose subgraphs into supergraph SDL.

    Pure, deterministic and independent of the subgraphs' order: they are taken in order of their names. Errors and
    hints are capped at 200 each.
    """
    report = Report()
    loaded = _load(sorted(subgraphs, key=lambda source: source.name), report)
    sdl = supergraph = None
    if len(loaded) == len(subgraphs):
        sdl, supergraph = _compose(loaded, report)
    else:
        # What Federation 1 means depends on the other subgraphs.
        _check_each([s for s in loaded if s.federation_version is not None], report)
    return CompositionResult(
        supergraph_sdl=None if report.has_errors else sdl,
        errors=tuple(locate(error, loaded) for error in report.errors[:MAX_PROBLEMS]),
        hints=tuple(report.hints[:MAX_PROBLEMS]),
        supergraph=None if report.has_errors else supergraph,
    )


def _load(sources: Sequence[SubgraphSource], report: Report) -> list[SubgraphSchema]:
    """Return the subgraphs that are valid GraphQL."""
    _check_names(sources, report)
    loaded = (load_subgraph(source.name, source.url, source.sdl, report) for source in sources)
    return [subgraph for subgraph in loaded if subgraph is not None]


def _compose(subgraphs: Sequence[SubgraphSchema], report: Report) -> tuple[str, Supergraph | None]:
    upgrade_federation1(subgraphs, report)
    usages = _check_each(subgraphs, report)
    merged = merge_subgraphs(subgraphs, usages, report)
    for check in CHECKS:
        check(merged, report)
    sdl = print_supergraph(merged)
    provable = sound_part(merged, report.errors)
    checked = check_satisfiability(
        sdl if provable is merged else print_supergraph(provable), subgraphs, report
    )
    return sdl, checked


def _check_each(subgraphs: Sequence[SubgraphSchema], report: Report) -> list[FieldUsage]:
    """Apply the rules for single subgraphs; returns the roles of their fields."""
    usages = [find_field_usage(subgraph) for subgraph in subgraphs]
    for subgraph, usage in zip(subgraphs, usages, strict=True):
        for rule in RULES:
            rule(subgraph, usage, report)
    return usages


def _check_names(sources: Sequence[SubgraphSource], report: Report) -> None:
    seen: set[str] = set()
    for source in sources:
        problem = None
        if not source.name.strip():
            problem = "A subgraph has no name."
        elif source.name == "_":
            problem = 'The subgraph name "_" is reserved.'
        elif source.name in seen:
            problem = f'Two subgraphs are named "{source.name}".'
        seen.add(source.name)
        if problem is not None:
            report.error(CompositionCode.INVALID_SUBGRAPH_NAME, problem)
