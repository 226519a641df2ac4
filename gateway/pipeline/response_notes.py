"""What is noted of the subgraph responses behind one answer, when somebody wants to know."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.transports.base import SubgraphResponse
from gateway.transports.response_headers import ResponseHeaders

from .cache_control import CachePolicy, read_policy


class ResponseNotes:
    """Collects from the responses of one execution."""

    __slots__ = ("entities", "policies")

    def __init__(self) -> None:
        self.policies: list[CachePolicy] = []
        """How long each may be kept."""

        self.entities: dict[int, int] = {}
        """By fetch id, how many representations it asked about."""

    def add(self, fetch_id: int, representations: int, response: SubgraphResponse) -> None:
        """Take note of one response."""
        self.policies.append(read_policy(_caching_headers(response.headers)))
        self.entities[fetch_id] = representations


def _caching_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return what ``headers`` say about caching; of a header that came twice, everything counts."""
    if not isinstance(headers, ResponseHeaders):
        return headers
    return {
        name: ", ".join(values)
        for name in ("cache-control", "age")
        if (values := headers.all_of(name))
    }
