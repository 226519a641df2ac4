"""How long an answer may be kept: as long as the strictest of the subgraph answers in it allows.

``no-store`` wins over everything, and is also what a subgraph answer without a word on it means: nobody has said that
it may be kept. ``private`` wins over ``public``, the shortest time over longer ones, and the time that an answer has
spent on its way (``Age``) is over.

Spec: RFC 9111, 4.2 (Freshness) and 5.2.2 (Response Directives).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

NO_STORE = "no-store"

_DIRECTIVE = re.compile(r'\s*([A-Za-z-]+)\s*(?:=\s*(?:"([^"]*)"|([^,\s]*)))?\s*(?:,|$)')
_MOST_SECONDS = 31_536_000
"""A year. Whatever is beyond means "for good"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """What one response allows."""

    is_stored: bool = True
    is_private: bool = False
    is_public: bool = False
    must_revalidate: bool = False
    max_age_seconds: int = 0
    shared_max_age_seconds: int = 0
    """For caches that serve several people; the same as ``max_age_seconds`` unless said otherwise."""


REFUSED = CachePolicy(is_stored=False)


def read_policy(headers: Mapping[str, str]) -> CachePolicy:
    """Return what a response with these ``headers`` (by lower-case name) allows.

    What cannot be read allows nothing: a time that is no number, a directive given twice with different values.
    """
    directives = _read_directives(headers.get("cache-control", ""))
    if directives is None or "no-store" in directives or "no-cache" in directives:
        return REFUSED
    age = headers.get("age", "0").strip()
    if not age.isascii() or not age.isdecimal() or len(age) > 15:
        return REFUSED
    max_age = _read_seconds(directives.get("max-age"))
    shared_max_age = _read_seconds(directives.get("s-maxage"))
    if max_age is None and shared_max_age is None:
        return REFUSED
    own = max_age or 0
    shared = own if shared_max_age is None else shared_max_age
    return CachePolicy(
        is_private="private" in directives,
        is_public="public" in directives,
        must_revalidate="must-revalidate" in directives or "proxy-revalidate" in directives,
        max_age_seconds=max(0, own - int(age)),
        shared_max_age_seconds=max(0, shared - int(age)),
    )


def merge_policies(policies: Iterable[CachePolicy]) -> CachePolicy:
    """Return what an answer made of all these responses allows; made of none, it may not be kept."""
    merged: CachePolicy | None = None
    for policy in policies:
        merged = policy if merged is None else _merge(merged, policy)
    return REFUSED if merged is None else merged


def print_policy(policy: CachePolicy) -> str:
    """Return ``policy`` as the value of ``Cache-Control``."""
    longest = policy.max_age_seconds
    if not policy.is_private:
        longest = max(longest, policy.shared_max_age_seconds)
    if not policy.is_stored or not longest:
        return NO_STORE
    words = [f"max-age={policy.max_age_seconds}"]
    if policy.is_private:
        words.append("private")
    else:
        if policy.shared_max_age_seconds != policy.max_age_seconds:
            words.append(f"s-maxage={policy.shared_max_age_seconds}")
        if policy.is_public:
            words.append("public")
    if policy.must_revalidate:
        words.append("must-revalidate")
    return ", ".join(words)


def merge_printed(values: Iterable[str]) -> str:
    """Return the value for an answer made of answers with these values of ``Cache-Control``."""
    return print_policy(merge_policies(read_policy({"cache-control": value}) for value in values))


def _merge(one: CachePolicy, other: CachePolicy) -> CachePolicy:
    return CachePolicy(
        is_stored=one.is_stored and other.is_stored,
        is_private=one.is_private or other.is_private,
        is_public=one.is_public and other.is_public,
        must_revalidate=one.must_revalidate or other.must_revalidate,
        max_age_seconds=min(one.max_age_seconds, other.max_age_seconds),
        shared_max_age_seconds=min(one.shared_max_age_seconds, other.shared_max_age_seconds),
    )


def _read_directives(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    position = 0
    text = text.rstrip(" ,")
    while position < len(text):
        match = _DIRECTIVE.match(text, position)
        if match is None:
            return None
        name, value = match[1].lower(), match[2] if match[2] is not None else match[3] or ""
        if found.setdefault(name, value) != value:
            return None
        position = match.end()
    return found


def _read_seconds(text: str | None) -> int | None:
    """Return a time; 0 for one that cannot be read, as RFC 9111, 4.2.1 asks for."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        return 0
    return _MOST_SECONDS if len(text) > 8 else min(int(text), _MOST_SECONDS)
