"""Formats of ``@cacheTag``: text with ``{$args.path}`` or ``{$key.path}``, filled in for each item of a response."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACEHOLDER = re.compile(
    r"\s*\$(?P<source>[a-z]+)(?P<path>(?:\s*\.\s*[_A-Za-z]\w*)+)\s*", re.ASCII
)


class CacheTagFormatInvalid(ValueError):
    """The text is no format; the message says why and becomes part of a coded error."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a format takes from the arguments of a field, or from the key of an entity."""

    source: str
    """``args`` or ``key``."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"${self.source}.{'.'.join(self.path)}"


def read_placeholders(text: str) -> tuple[Placeholder, ...]:
    """Return a format's placeholders, in order.

    Raises:
        CacheTagFormatInvalid: braces do not match, or hold something else; or there is no text at all.
    """
    if not text.strip():
        raise CacheTagFormatInvalid("it is empty.")
    found: list[Placeholder] = []
    literal, *parts = text.split("{")
    for part in parts:
        inner, closing, rest = part.partition("}")
        match = _PLACEHOLDER.fullmatch(inner)
        if not closing or match is None:
            raise CacheTagFormatInvalid(
                f'"{{{inner}{closing}" is neither {{$args.name}} nor {{$key.name}}.'
            )
        path = tuple(name.strip() for name in match["path"].split(".")[1:])
        found.append(Placeholder(match["source"], path))
        literal += rest
    if "}" in literal:
        raise CacheTagFormatInvalid('it has a "}" without "{".')
    return tuple(found)
