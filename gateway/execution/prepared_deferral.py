"""How to answer in parts, with everything precomputed that does not depend on the request."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.query_plan.nodes import Deferral, DeferredPart

from .openings import OpeningFinder, Openings
from .projection import Projector


@dataclass(frozen=True, slots=True)
class PreparedDeferredGroup:
    """Fields that are answered together, once."""

    id: int
    parts: frozenset[int]
    projector: Projector
    openings: Openings | None


@dataclass(frozen=True, slots=True)
class PreparedDeferral:
    """The parts of an answer."""

    plan: Deferral
    projector: Projector
    """Of the primary part."""

    openings: Openings | None
    parts: tuple[DeferredPart, ...]
    groups: tuple[PreparedDeferredGroup, ...]


def prepare_deferral(deferral: Deferral | None) -> PreparedDeferral | None:
    """Return ``deferral`` ready to be used many times."""
    if deferral is None:
        return None
    finder = OpeningFinder()
    return PreparedDeferral(
        plan=deferral,
        projector=Projector(deferral.primary),
        openings=finder.find(deferral.primary),
        parts=deferral.parts,
        groups=tuple(
            PreparedDeferredGroup(
                group.id, group.parts, Projector(group.projection), finder.find(group.projection)
            )
            for group in deferral.groups
        ),
    )
