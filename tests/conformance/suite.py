"""Reads a suite: a folder with one ``<subgraph>.graphql`` each, ``data.yaml`` and ``cases.yaml``.

``data.yaml`` holds the facts by subgraph, type and record (see ``facts.py``). ``cases.yaml`` says what the suite is
``about``, how it ``composes`` (``true``, or the codes of its errors; then cases run on the supergraph that there would
have been), and lists ``cases`` (see ``Case``). Subfolders are further sets of subgraphs for the same feature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from graphql import build_ast_schema, is_abstract_type, parse, print_ast

from gateway.composition.compose import CompositionResult, SubgraphSource, compose
from gateway.composition.federation1.upgrade import upgrade_federation1
from gateway.composition.field_usage import find_field_usage
from gateway.composition.merging.merge import merge_subgraphs
from gateway.composition.report import Report
from gateway.composition.subgraph_loader import load_subgraph
from gateway.composition.supergraph_printer import print_supergraph
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph

from .facts import Record
from .strict_subgraph import LocalSchema, StrictSubgraph, read_local_schema

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C, where there is one: several times as fast."""

SUITES = Path(__file__).parent / "suites"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One operation and what is right for it. What a case does not say is not checked, but for answer and rules."""

    name: str
    operation: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    data: Any = "whole"
    """The answer; without one, what the facts of all subgraphs together say."""

    errors: tuple[str, ...] = ()
    """``CODE at path.0.of``, in any order."""

    refused: str | None = None
    """The code with which the operation is refused before anything is asked."""

    requests: tuple[str, ...] | None = None
    """The subgraphs asked, one by one; of a query in any order."""

    sent: Mapping[str, list[Any]] = field(default_factory=dict)
    """All representations that a subgraph gets, in any order."""

    texts: Mapping[str, list[str]] = field(default_factory=dict)
    """Operations that a subgraph gets, as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Subgraphs, their facts, and cases."""

    name: str
    about: str
    sdls: Mapping[str, str]
    data: Mapping[str, Mapping[str, Record]]
    composition: tuple[str, ...]
    """Codes of the errors of composition."""

    cases: tuple[Case, ...]

    @property
    def sources(self) -> list[SubgraphSource]:
        """What is composed."""
        return [
            SubgraphSource(name, f"http://{name}.test/graphql", sdl)
            for name, sdl in self.sdls.items()
        ]

    def subgraphs(self) -> dict[str, StrictSubgraph]:
        """Return subgraphs with facts of their own, that nobody has changed."""
        return {
            name: StrictSubgraph(name, read_local_schema(sdl), self.data.get(name, {}))
            for name, sdl in self.sdls.items()
        }


@dataclass(frozen=True, slots=True)
class ComposedSuite:
    """A suite's supergraph."""

    sdl: str
    supergraph: Supergraph
    reloaded: Supergraph
    """The same from an SDL that was printed by another printer."""

    local: Mapping[str, LocalSchema]
    """By subgraph."""

    possible: Mapping[str, tuple[str, ...]]
    """By abstract type."""


def suite_names() -> list[str]:
    """Return the names of all suites: their folders below ``suites``."""
    return sorted({str(path.parent.relative_to(SUITES)) for path in SUITES.rglob("*.graphql")})


@cache
def read_suite(name: str) -> Suite:
    """Read a suite."""
    folder = SUITES / name
    described = _load(folder / "cases.yaml")
    composes = described.get("composes", True)
    return Suite(
        name=name,
        about=described["about"],
        sdls={
            path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.graphql"))
        },
        data=_load(folder / "data.yaml") if (folder / "data.yaml").exists() else {},
        composition=() if composes is True else tuple(composes),
        cases=tuple(_read_case(each) for each in described.get("cases", ())),
    )


def _read_case(described: dict[str, Any]) -> Case:
    requests = described.pop("requests", None)
    return Case(
        **described | {"errors": tuple(described.get("errors", ()))},
        requests=None if requests is None else tuple(requests),
    )


def _load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe


@cache
def composition_of(name: str) -> CompositionResult:
    """Compose a suite."""
    return compose(read_suite(name).sources)


@cache
def compose_suite(name: str) -> ComposedSuite:
    """Compose a suite whose subgraphs make a supergraph, however unsatisfiable."""
    suite = read_suite(name)
    sdl = composition_of(name).supergraph_sdl or _compose_unchecked(suite)
    full = build_ast_schema(parse(sdl), assume_valid=True, assume_valid_sdl=True)
    return ComposedSuite(
        sdl,
        load_supergraph(sdl),
        load_supergraph(print_ast(parse(sdl))),
        {name: read_local_schema(sdl) for name, sdl in suite.sdls.items()},
        {
            each.name: tuple(possible.name for possible in full.get_possible_types(each))
            for each in full.type_map.values()
            if is_abstract_type(each)
        },
    )


def _compose_unchecked(suite: Suite) -> str:
    """Return the supergraph of subgraphs that are refused, as an older composition would have let it through."""
    report = Report()
    loaded = [
        load_subgraph(source.name, source.url, source.sdl, report) for source in suite.sources
    ]
    subgraphs = [subgraph for subgraph in loaded if subgraph is not None]
    upgrade_federation1(subgraphs, report)
    usages = [find_field_usage(subgraph) for subgraph in subgraphs]
    return print_supergraph(merge_subgraphs(subgraphs, usages, report))
