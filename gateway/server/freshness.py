"""How answers tell caches what they may do: ``Vary``, and entity tags for queries by GET.

``Cache-Control`` itself is the pipeline's: it knows what the answer is made of.

Spec: RFC 9110, 8.8.3 (ETag), 12.5.5 (Vary), 13.1.2 (If-None-Match).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from gateway.pipeline.answer import Answer, Outcome
from gateway.pipeline.cache_control import NO_STORE

VARY = "Accept, Accept-Encoding"

_NO_STORE = (b"cache-control", NO_STORE.encode())


class Mark(NamedTuple):
    """What a reply says about caching."""

    headers: tuple[tuple[bytes, bytes], ...]
    is_unchanged: bool = False
    """Whether the client has this very answer already."""


class Freshness:
    """Marks answers.

    Args:
        forwarded: the request headers that subgraphs see: an answer may depend on each of them. ``*`` when they are
            not known by name.
    """

    def __init__(self, forwarded: tuple[str, ...]) -> None:
        # Whatever is not forwarded may still decide who is let in.
        names = dict.fromkeys((VARY, "authorization", *forwarded))
        self._plain = (b"vary", VARY.encode())
        self._varied = (b"vary", b"*" if "*" in names else ", ".join(names).encode())

    def mark(self, answer: Answer, headers: Mapping[str, str], method: str) -> Mark:
        """Return what to say with ``answer`` to a request by ``method`` with these ``headers``."""
        allowed = next((value for name, value in answer.headers if name == "cache-control"), None)
        if allowed is None:
            return Mark((self._plain, _NO_STORE))
        if allowed == NO_STORE or answer.outcome is not Outcome.COMPLETE:
            return Mark((self._plain,))
        if method != "GET":
            return Mark((self._varied,))
        # Weak, since the same answer goes out as it is and compressed.
        tag = f'W/"{blake2b(answer.body, digest_size=16).hexdigest()}"'
        tags = {word.strip() for word in headers.get("if-none-match", "").split(",")}
        return Mark((self._varied, (b"etag", tag.encode())), tag in tags or "*" in tags)
