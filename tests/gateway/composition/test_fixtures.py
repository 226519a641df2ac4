"""One fixture per feature and its supergraph; one per error code and per hint code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, print_ast

from gateway.composition.codes import CompositionCode, HintCode
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import FIXTURES, codes, compose_text, hint_codes

FEATURES = sorted((FIXTURES / "supergraphs").glob("*/subgraphs.graphql"))
ERRORS = sorted((FIXTURES / "composition" / "errors").glob("*.graphql"))
HINTS = sorted((FIXTURES / "composition" / "hints").glob("*.graphql"))


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.parent.name)
def test_feature_composes_to_its_supergraph(path: Path) -> None:
    expected = path.with_name("supergraph.graphql").read_text()

    result = compose_text(path.read_text())

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    assert print_ast(parse(result.supergraph_sdl)) == print_ast(parse(expected))


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.parent.name)
def test_supergraph_of_a_feature_can_be_loaded(path: Path) -> None:
    sdl = path.with_name("supergraph.graphql").read_text()

    supergraph = load_supergraph(sdl)

    assert "Query" in supergraph.api_schema.type_map


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
def test_fault_gets_its_code_and_no_other(path: Path) -> None:
    result = compose_text(path.read_text())

    assert codes(result) == [path.stem]
    assert result.supergraph_sdl is None


@pytest.mark.parametrize("path", HINTS, ids=lambda path: path.stem)
def test_hint_is_given_and_does_not_stop_composition(path: Path) -> None:
    result = compose_text(path.read_text())

    assert codes(result) == []
    assert path.stem in hint_codes(result)
    assert result.supergraph_sdl is not None


# Needs a limit of its own: satisfiability/test_check.py.
_TESTED_ELSEWHERE = {CompositionCode.MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED}


def test_every_code_has_a_fixture() -> None:
    assert {path.stem for path in ERRORS} == set(CompositionCode) - _TESTED_ELSEWHERE
    assert {path.stem for path in HINTS} == set(HintCode)


_EXPECTED = re.compile(r"^# expected: (.+) at (.+)$", re.MULTILINE)


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
def test_fault_is_located(path: Path) -> None:
    """Each fixture says which element its errors are about, and where they stand: subgraph:line:column."""
    text = path.read_text()
    expected = _EXPECTED.findall(text)

    errors = compose_text(text).errors

    assert expected == [
        (error.coordinate or "the whole", " ".join(map(str, error.locations)) or "nowhere")
        for error in errors
    ]
    assert all(error.message.endswith((".", '"', "?")) for error in errors)


@pytest.mark.parametrize("path", HINTS, ids=lambda path: path.stem)
def test_hint_is_located(path: Path) -> None:
    text = path.read_text()

    hints = [hint for hint in compose_text(text).hints if hint.code == path.stem]

    assert _EXPECTED.findall(text) == [
        (hint.coordinate or "the whole", " ".join(map(str, hint.locations)) or "nowhere")
        for hint in hints
    ]
