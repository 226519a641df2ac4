"""Passes over the fetch graph, each once, in this order; every one leaves fewer requests or as many."""

from __future__ import annotations

from collections.abc import Callable

from gateway.planning.fetch_graph import FetchGraph

from .batch_requests import batch_requests
from .delay_leaves import delay_leaves
from .delay_plain_calls import delay_plain_calls
from .unite_calls import unite_calls

PASSES: tuple[Callable[[FetchGraph], None], ...] = (
    unite_calls,
    delay_plain_calls,
    batch_requests,
    delay_leaves,
)
