"""Stands in for variables whose values come from contexts, until it is known which request they are in.

Equal values get equal placeholders, so that the same fields asked for at several scopes are equal text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.supergraph.model import ContextArgument, ContextKey

from .frames import ContextInput

# No GraphQL text holds this character: in strings it is escaped.
_MARK = "\x00"
_PLACEHOLDER = re.compile(f"{_MARK}(\\d+){_MARK}")


class ContextPlaceholders:
    """The placeholders of one plan."""

    def __init__(self) -> None:
        self._numbers: dict[ContextKey, int] = {}
        self._arguments: list[ContextArgument] = []

    def with_arguments(self, text: str, contexts: Iterable[ContextInput]) -> str:
        """The arguments of a field, ``(first: 3)`` or nothing, with contextual ones before them."""
        own = ", ".join(
            f"{each.argument.name}: {_MARK}{self._number(each.argument)}{_MARK}"
            for each in contexts
        )
        return f"({own}, {text[1:]}" if text.startswith("(") else f"({own}){text}"

    def split(self, text: str) -> tuple[tuple[str | int, ...], tuple[ContextArgument, ...]]:
        """A selection in parts: text, and between it the number of an argument among those returned."""
        arguments: dict[ContextArgument, int] = {}
        parts: list[str | int] = []
        for place, piece in enumerate(_PLACEHOLDER.split(text)):
            if place % 2:
                argument = self._arguments[int(piece)]
                parts.append(arguments.setdefault(argument, len(arguments)))
            elif piece:
                parts.append(piece)
        return tuple(parts), tuple(arguments)

    def _number(self, argument: ContextArgument) -> int:
        number = self._numbers.setdefault(argument.key, len(self._arguments))
        if number == len(self._arguments):
            self._arguments.append(argument)
        return number
