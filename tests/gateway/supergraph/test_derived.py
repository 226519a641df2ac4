"""What is made of a supergraph is made once, and goes with it."""

from __future__ import annotations

import gc
import weakref

from gateway.query_graph.graph import query_graph_of
from gateway.supergraph.derived import MOST_KEPT, derive
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import supergraph_sdl_of

SDL = supergraph_sdl_of(a="type Query { a: Int }")


def test_it_is_made_once_for_each_supergraph() -> None:
    first, second = load_supergraph(SDL), load_supergraph(SDL)

    assert derive(first, "list", list) is derive(first, "list", list)
    assert derive(first, "list", list) is not derive(second, "list", list)


def test_the_oldest_goes_when_there_is_too_much() -> None:
    supergraph = load_supergraph(SDL)
    made: list[list[object]] = [derive(supergraph, number, list) for number in range(MOST_KEPT + 1)]

    assert derive(supergraph, MOST_KEPT, list) is made[-1]
    assert derive(supergraph, 0, list) is not made[0]
    assert len(supergraph.derived) == MOST_KEPT


def test_a_query_graph_goes_with_its_supergraph() -> None:
    supergraph = load_supergraph(SDL)
    query_graph_of(supergraph)
    alive = weakref.ref(supergraph)

    del supergraph
    gc.collect()

    assert alive() is None
