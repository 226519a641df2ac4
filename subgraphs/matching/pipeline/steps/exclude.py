"""Who has had this order before: a repeated order goes to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from subgraphs.matching.pipeline.candidates import Candidate, SearchRequest


@dataclass(frozen=True, slots=True)
class Exclude:
    """Drops excluded workers. Nothing relaxes this."""

    NAME: ClassVar[str] = "exclude"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[Mapping[str, object]] = {"type": "object", "additionalProperties": False}

    @classmethod
    def configure(cls, config: Mapping[str, object]) -> Self:
        """Return the step; there is nothing to configure."""
        return cls()

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Keep those who are not excluded."""
        return tuple(each for each in candidates if each.worker_id not in request.excluded)
