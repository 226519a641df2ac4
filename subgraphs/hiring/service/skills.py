"""What workers must be good at for a service type: the bridge from traits to skills, kept by managers.

Orders owns service types and knows nothing of traits; hiring knows traits and, here, which of them a service type
needs. A service type without a row is nobody's skill; one with an empty list is everybody's. A change counts for those
hired after it: who was hired has been told of once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.errors import ValidationFailed
from subgraphs.hiring.errors import VersionConflict
from subgraphs.hiring.models import SkillRequirement
from subgraphs.hiring.questions import TRAIT_PATTERN
from subgraphs.hiring.repository import HiringRepository

MAX_TRAITS = 20


@dataclass(frozen=True, slots=True)
class SkillService:
    """Keeps the requirements of service types."""

    session: AsyncSession
    clock: Clock

    async def save(
        self,
        service_type_id: UUID,
        traits: Sequence[str],
        *,
        actor: str,
        expected_version: int | None = None,
    ) -> SkillRequirement:
        """Say which traits a service type requires.

        Raises:
            VersionConflict: somebody changed it since the caller read ``expected_version``.
            ValidationFailed: a trait is no trait code.
        """
        traits = check_traits(traits)
        row = await HiringRepository(self.session).lock_skill_requirement(service_type_id)
        version = 0 if row is None else row.version
        if expected_version is not None and expected_version != version:
            raise VersionConflict(f"The requirement is at version {version}.")
        if row is None:
            row = SkillRequirement(service_type_id=service_type_id)
            self.session.add(row)
        row.traits = list(traits)
        row.version = version + 1
        row.updated_by, row.updated_at = actor, self.clock.now()
        return row


def check_traits(traits: Sequence[str]) -> list[str]:
    """Return trait codes, each once.

    Raises:
        ValidationFailed: one is no code, or there are too many.
    """
    if len(traits) > MAX_TRAITS:
        raise ValidationFailed(f"There are at most {MAX_TRAITS} traits.")
    for code in traits:
        if not re.fullmatch(TRAIT_PATTERN, code):
            raise ValidationFailed(
                f"{code[:40]!r} is no trait code: a lower-case letter, then letters, digits or '-'."
            )
    return list(dict.fromkeys(traits))
