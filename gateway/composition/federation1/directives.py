"""Edits of applied directives that several passes make."""

from __future__ import annotations

from collections.abc import Collection

from gateway.composition.subgraph_schema import AppliedDirective, Element

SHAREABLE = AppliedDirective(name="shareable", spec="shareable", arguments={}, location=None)
"""What the upgrade adds: it stands nowhere in the source."""


def drop(element: Element, specs: Collection[str]) -> None:
    """Remove the applications of some directives of the specification."""
    element.directives = tuple(d for d in element.directives if d.spec not in specs)


def swap(element: Element, old: AppliedDirective, new: AppliedDirective | None) -> None:
    """Put one application in another's place; ``None`` removes it."""
    swapped = (new if d is old else d for d in element.directives)
    element.directives = tuple(d for d in swapped if d is not None)
