"""What is noted of the subgraph responses behind one answer, when somebody wants to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.transports.base import SubgraphResponse
from gateway.transports.response_headers import ResponseHeaders

from .cache_control import CachePolicy, read_policy
from .response_headers import ResponseHeaderCollector


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


def tell_both(
    notes: ResponseNotes | None, returned: ResponseHeaderCollector | None
) -> Callable[[int, int, SubgraphResponse], None] | None:
    """Return who is told of the responses of subgraphs; ``None`` when nobody wants to know."""
    if notes is None or returned is None:
        one = notes or returned
        return None if one is None else one.add

    def tell(fetch_id: int, representations: int, response: SubgraphResponse) -> None:
        notes.add(fetch_id, representations, response)
        returned.add(fetch_id, representations, response)

    return tell


def _caching_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return what ``headers`` say about caching; of a header that came twice, everything counts."""
    if not isinstance(headers, ResponseHeaders):
        return headers
    return {
        name: ", ".join(values)
        for name in ("cache-control", "age")
        if (values := headers.all_of(name))
    }
