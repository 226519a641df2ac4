"""Passes over the fetch graph, each once, in this order; every one leaves fewer requests or as many."""

from __future__ import annotations

from gateway.planning.fetch_graph import FetchGraph

from .batch_requests import batch_requests
from .delay_leaves import delay_leaves
from .delay_plain_calls import delay_plain_calls
from .unite_calls import unite_calls
from .use_slack import use_slack


def run_passes(graph: FetchGraph, *, delay_awaited: bool = True) -> bool:
    """Merge requests.

    ``delay_awaited`` lets plain calls wait for those with ``@requires`` even when others wait for them in
    turn. That saves a request here, and may cost some where the others could have gone with earlier ones.

    Returns whether it made a difference.
    """
    unite_calls(graph)
    made_a_difference = delay_plain_calls(graph, delay_awaited=delay_awaited)
    batch_requests(graph)
    delay_leaves(graph)
    while use_slack(graph):
        batch_requests(graph)
    return made_a_difference
