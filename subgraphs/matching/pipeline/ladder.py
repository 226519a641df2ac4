"""What is given up, and in which order, before nobody is found."""

from __future__ import annotations

from enum import StrEnum


class Relaxation(StrEnum):
    """A wish that steps drop when they are told to. Exclusion is no wish: it is never dropped."""

    FAIRNESS = "FAIRNESS"
    WEAKNESSES = "WEAKNESSES"
    SKILL = "SKILL"
    SLOT = "SLOT"
    """The service starts later. Only where the pipeline allows it, since the client must have agreed."""


def rungs(*, may_shift: bool) -> tuple[frozenset[Relaxation], ...]:
    """Return what is relaxed at each try: nothing at first, then one wish more each time."""
    order = [wish for wish in Relaxation if may_shift or wish is not Relaxation.SLOT]
    return tuple(frozenset(order[:count]) for count in range(len(order) + 1))
