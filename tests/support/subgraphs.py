"""Subgraphs for composition tests: several SDLs in one text, each after a line ``# subgraph: <name>``."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.composition.compose import CompositionResult, SubgraphSource, compose

FIXTURES = Path(__file__).parents[1] / "fixtures"
_HEADING = re.compile(r"^# subgraph: (\S+)\n", re.MULTILINE)
_ALL = (
    "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@tag",
    "@extends", "@composeDirective", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@cost",
    "@listSize", "@context", "@fromContext", "@cacheTag",
)  # fmt: skip


def fed(sdl: str, *, version: str = "v2.12") -> str:
    """Link federation with all its directives in front of an SDL."""
    names = ", ".join(f'"{name}"' for name in _ALL)
    return f'extend schema @link(url: "https://specs.apollo.dev/federation/{version}", import: [{names}])\n{sdl}'


def read_subgraphs(text: str) -> list[SubgraphSource]:
    """Split a text into its subgraphs; their URLs are made up from their names."""
    parts = _HEADING.split(text)
    return [
        SubgraphSource(name, f"http://{name}.test/graphql", sdl)
        for name, sdl in zip(parts[1::2], parts[2::2], strict=True)
    ]


def compose_text(text: str) -> CompositionResult:
    """Compose the subgraphs of a text."""
    return compose(read_subgraphs(text))


def compose_all(**sdls: str) -> CompositionResult:
    """Compose SDLs given by subgraph name, each with all of federation linked."""
    return compose(
        [SubgraphSource(name, f"http://{name}.test", fed(sdl)) for name, sdl in sdls.items()]
    )


def supergraph_sdl_of(**sdls: str) -> str:
    """Compose SDLs that have to compose, and return the supergraph."""
    result = compose_all(**sdls)
    assert result.supergraph_sdl is not None, [str(error) for error in result.errors]
    return result.supergraph_sdl


def codes(result: CompositionResult) -> list[str]:
    """Return the codes of all errors, sorted, each once."""
    return sorted({error.code for error in result.errors})


def hint_codes(result: CompositionResult) -> list[str]:
    """Return the codes of all hints, sorted, each once."""
    return sorted({hint.code for hint in result.hints})
