"""Who has the skill: a worker's skills are the service types they were hired for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from subgraphs.matching.pipeline.candidates import Candidate, SearchRequest
from subgraphs.matching.pipeline.ladder import Relaxation


@dataclass(frozen=True, slots=True)
class Eligible:
    """Drops workers without the skill, until the skill is relaxed."""

    NAME: ClassVar[str] = "eligible"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[Mapping[str, object]] = {"type": "object", "additionalProperties": False}

    @classmethod
    def configure(cls, config: Mapping[str, object]) -> Self:
        """Return the step; there is nothing to configure."""
        return cls()

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Keep those with the skill."""
        if Relaxation.SKILL in request.relaxed:
            return candidates
        return tuple(each for each in candidates if request.service_type_id in each.skills)
