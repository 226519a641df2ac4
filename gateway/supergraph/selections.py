"""Selections without fragments: what operations and field sets become before anything looks at them.

A fragment's type condition turns into ``on``, the runtime types a field is selected for, so that
CollectFields for one concrete type is a filter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
