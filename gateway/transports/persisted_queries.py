"""Automatic persisted queries towards a subgraph: the text of an operation is sent once, later only its hash.

The bodies that execution writes start with the operation's text, so that they are rewritten without being parsed.

Spec: Apollo's automatic persisted queries, version 1.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from enum import StrEnum
from hashlib import sha256

from .base import SubgraphResponse

_QUERY = re.compile(rb'\{"query":("(?:[^"\\]|\\.)*")')
_LONGEST_REFUSAL_BYTES = 16 * 1024
_MAX_OPERATIONS = 4096


class Verdict(StrEnum):
    """What a subgraph made of a hash without a text."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    """It does not know the hash: the text is to be sent along."""

    NOT_SUPPORTED = "not_supported"
    """It knows no hashes."""

    DOUBTFUL = "doubtful"
    """It refused the request, maybe because there is no text in it."""


class PersistedQueries:
    """Writes and reads what goes beyond an ordinary request."""

    def __init__(self) -> None:
        self._extensions: OrderedDict[bytes, bytes] = OrderedDict()

    def split(self, body: bytes) -> tuple[bytes, bytes] | None:
        """Return ``body`` with the hash only, and with hash and text; ``None`` when it has no text to hash."""
        match = _QUERY.match(body)
        if match is None:
            return None
        extensions, rest = self._hash(match[1]), body[match.end() :]
        return b"{" + extensions + rest, b"".join((match[0], b",", extensions, rest))

    def _hash(self, text: bytes) -> bytes:
        extensions = self._extensions.get(text)
        if extensions is None:
            digest = sha256(json.loads(text).encode()).hexdigest()
            extensions = (
                b'"extensions":{"persistedQuery":{"version":1,"sha256Hash":"%b"}}' % digest.encode()
            )
            self._extensions[text] = extensions
            if len(self._extensions) > _MAX_OPERATIONS:
                self._extensions.popitem(last=False)
        return extensions


def judge(response: SubgraphResponse) -> Verdict:
    """Say what ``response`` to a hash without a text means."""
    if len(response.body) <= _LONGEST_REFUSAL_BYTES and b"ersisted" in response.body.lower():
        words = _error_words(response.body)
        if words & {"PERSISTEDQUERYNOTFOUND", "PERSISTED_QUERY_NOT_FOUND"}:
            return Verdict.NOT_FOUND
        if words & {"PERSISTEDQUERYNOTSUPPORTED", "PERSISTED_QUERY_NOT_SUPPORTED"}:
            return Verdict.NOT_SUPPORTED
    return Verdict.DOUBTFUL if 400 <= response.status < 500 else Verdict.ANSWERED


def _error_words(body: bytes) -> set[str]:
    """Return the messages and codes of a response's errors, in capitals."""
    try:
        errors = json.loads(body)["errors"]
        found = [error.get("message") for error in errors]
        found += [(error.get("extensions") or {}).get("code") for error in errors]
    except (ValueError, LookupError, TypeError, AttributeError):
        return set()  # no GraphQL response: whatever it says, it says nothing about the hash
    return {word.upper() for word in found if isinstance(word, str)}
