"""Each subgraph's SDL against its checked-in snapshot, and all of them together as one supergraph.

``CATTERY_UPDATE_CONTRACTS=1`` writes the snapshots anew; the diff is then part of the review.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

from gateway.composition.compose import SubgraphSource, compose
from gateway.supergraph.loader import load_supergraph
from subgraphs.catalogue import DOMAINS, Domain

FOLDER = Path(__file__).parent / "sdl"
UPDATE = "CATTERY_UPDATE_CONTRACTS"


def read_snapshot(domain: Domain) -> str:
    return (FOLDER / f"{domain.name}.graphql").read_text()


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_a_subgraph_says_what_its_snapshot_says(domain: Domain) -> None:
    sdl = import_module(f"subgraphs.{domain.name}.schema").make_schema().as_str() + "\n"
    if os.environ.get(UPDATE):
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{domain.name}.graphql").write_text(sdl)

    assert sdl == read_snapshot(domain)


def test_the_subgraphs_compose() -> None:
    sources = [
        SubgraphSource(domain.name, f"http://{domain.name}", read_snapshot(domain))
        for domain in DOMAINS
    ]

    result = compose(sources)

    assert result.errors == ()
    assert result.supergraph_sdl is not None
    assert set(load_supergraph(result.supergraph_sdl).subgraphs) == {d.name for d in DOMAINS}


@pytest.mark.parametrize("absent", DOMAINS, ids=lambda domain: domain.name)
def test_the_subgraphs_compose_without_any_one_of_them(absent: Domain) -> None:
    """Every domain can be left out: the others add only their own fields to what they share."""
    present = [domain for domain in DOMAINS if domain != absent]

    result = compose(
        [SubgraphSource(d.name, f"http://{d.name}", read_snapshot(d)) for d in present]
    )

    assert result.errors == ()
