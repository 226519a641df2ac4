"""Automatic persisted queries: documents that clients have sent once, by the SHA-256 hash of their text.

A client sends the hash alone; when it is told ``PERSISTED_QUERY_NOT_FOUND`` it sends hash and text together, once. What
does not parse or does not fit the schema is never kept: it would only push out what is used.

Spec: Apollo's automatic persisted queries, version 1.
"""

from __future__ import annotations

from hashlib import sha256

from gateway.errors import PersistedQueryMismatch, PersistedQueryNotFound
from gateway.telemetry.metrics import Metrics, PersistedQueryResult

from .cache import LruCache


class PersistedDocuments:
    """Texts of documents by hash. Belongs to one event loop.

    A text that is found is always the same object: its own hash, by which the cache of operations knows it, is
    computed once.

    Args:
        max_entries: how many are kept.
        metrics: told how each look-up went.
    """

    def __init__(self, max_entries: int, metrics: Metrics) -> None:
        self._texts: LruCache[str, str] = LruCache(max_entries)
        self._metrics = metrics

    def resolve(self, digest: str, text: str | None) -> str:
        """Return the text of a request that names its document by ``digest``, and may hold it as well.

        Raises:
            PersistedQueryNotFound: there is no text, neither here nor there.
            PersistedQueryMismatch: ``digest`` is of another text.
        """
        known = self._texts.get(digest)
        if text is None:
            if known is None:
                self._metrics.persisted_query_looked_up(PersistedQueryResult.MISS)
                # Clients know this very text.
                raise PersistedQueryNotFound("PersistedQueryNotFound")
            self._metrics.persisted_query_looked_up(PersistedQueryResult.HIT)
            return known
        if known == text:
            return known
        if sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != digest:
            self._metrics.persisted_query_looked_up(PersistedQueryResult.MISMATCH)
            raise PersistedQueryMismatch("sha256Hash is not the SHA-256 hash of the query.")
        return text

    def keep(self, digest: str, text: str) -> None:
        """Remember a document that has turned out to be good."""
        if not self._texts.peek(digest):
            self._metrics.persisted_query_looked_up(PersistedQueryResult.REGISTERED)
            self._texts.put(digest, text, weight=len(text))
