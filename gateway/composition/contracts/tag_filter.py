"""Which tags a contract lets through and which it keeps back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFilter:
    """The two lists of a contract, and whether it tidies up."""

    include: frozenset[str] = frozenset()
    """When not empty, fields of objects and interfaces, and unions, need one of these."""

    exclude: frozenset[str] = frozenset()
    """Whatever has one of these is hidden, even when it has an included one, too."""

    hide_unreachable: bool = False
    """Whether types that no visible field leads to are hidden, too."""
