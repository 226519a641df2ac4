"""Selections without fragments: what operations and field sets become before anything looks at them.

A fragment's type condition turns into ``on``, the runtime types a field is selected for, so that
CollectFields for one concrete type is a filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Defer:
    """One ``@defer`` at one position of an operation; compared by identity."""

    label: str | None
    parent: Defer | None
    """The one around it."""

    path: tuple[str, ...]
    """The response keys that lead to its fragment."""

    @property
    def outwards(self) -> Iterator[Defer]:
        """Itself and those around it, the innermost first."""
        at: Defer | None = self
        while at is not None:
            yield at
            at = at.parent


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Selection:
    """One field of a selection set; compared by identity."""

    name: str
    response_key: str
    arguments: str = ""
    """Arguments and directives as GraphQL text, in canonical order: ``(first:$n)``."""

    variables: frozenset[str] = frozenset()
    """Names of the variables in ``arguments``, without ``$``."""

    on: frozenset[str] | None = None
    """The runtime types the field is selected for; ``None`` for every type of its position."""

    selections: tuple[Selection, ...] = ()

    defer: Defer | None = None
    """The innermost ``@defer`` that it stands in, at its own position or at one above."""

    is_denied: bool = False
    """Whoever asks may not see it: it is null, and nobody is asked. Then it has no arguments or selections."""


def print_selections(selections: Iterable[Selection]) -> str:
    """Write selections as a field set: ``id category { id } ... on Book { isbn }``."""
    return " ".join(_print_selection(selection) for selection in selections)


def _print_selection(selection: Selection) -> str:
    text = selection.name + selection.arguments
    if selection.response_key != selection.name:
        text = f"{selection.response_key}: {text}"
    if selection.selections:
        text += f" {{ {print_selections(selection.selections)} }}"
    if selection.on is not None:
        text = f"... on {'|'.join(sorted(selection.on))} {{ {text} }}"
    return text
