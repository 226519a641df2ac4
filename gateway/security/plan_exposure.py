"""Who is shown the plan of an operation: those with one of the roles that the operator has named.

For all others the header that asks for it means nothing, so that it cannot be probed for.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto

from gateway.config.settings import PlanExposureConfig

EXPOSE_PLAN_HEADER = "cattery-expose-plan"


class PlanExposure(Enum):
    """What of a plan is shown."""

    NONE = auto()
    WITH_ANSWER = auto()
    """The operation is executed, and its answer has the plan in ``extensions``."""

    INSTEAD = auto()
    """The plan is made and shown; nothing is executed."""


_ASKED = {"true": PlanExposure.WITH_ANSWER, "dry-run": PlanExposure.INSTEAD}


def decide_plan_exposure(
    asked: str | None, roles: Collection[str], config: PlanExposureConfig
) -> PlanExposure:
    """Return what is shown to a caller.

    Args:
        asked: the value of ``cattery-expose-plan``; ``true`` and ``dry-run`` ask for something.
        roles: of the caller's verified token; none for whoever has no such token.
        config: who is allowed.
    """
    exposure = _ASKED.get(asked or "", PlanExposure.NONE)
    if exposure is PlanExposure.NONE:
        return exposure
    is_allowed = config.anyone or any(role in config.roles for role in roles)
    return exposure if is_allowed else PlanExposure.NONE
