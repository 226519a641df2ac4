"""Request headers of every subgraph call: the gateway's own, and which of the caller's may go along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

OWN_HEADERS = {
    "content-type": "application/json",
    "accept": "application/graphql-response+json, application/json;q=0.9",
    "user-agent": "cattery-gateway",
}

_KEPT_BACK = OWN_HEADERS.keys() | {
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""They belong to one connection, describe another body, or are set by the gateway."""


def forwardable(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the headers that may be sent on, with lower-case names."""
    for name, value in headers:
        lower = name.lower()
        if lower not in _KEPT_BACK:
            yield lower, value
