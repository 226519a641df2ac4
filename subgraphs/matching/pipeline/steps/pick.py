"""Who it is: the highest score. Between equals the search's own hash decides, so that no worker is always the first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self
from uuid import UUID

from subgraphs.matching.pipeline.candidates import Candidate, SearchRequest


@dataclass(frozen=True, slots=True)
class Pick:
    """Keeps the best one."""

    NAME: ClassVar[str] = "pick"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[Mapping[str, object]] = {"type": "object", "additionalProperties": False}

    @classmethod
    def configure(cls, config: Mapping[str, object]) -> Self:
        """Return the step; there is nothing to configure."""
        return cls()

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Keep the best one, if there is anybody."""
        return tuple(sorted(candidates, key=lambda each: rank(request.search_id, each))[:1])


def tie_hash(search_id: UUID, worker_id: UUID) -> bytes:
    """Return what decides between equals: sha256 of both ids' bytes; the smaller one wins."""
    return hashlib.sha256(search_id.bytes + worker_id.bytes).digest()


def rank(search_id: UUID, candidate: Candidate) -> tuple[int, bytes]:
    """Return the sort key that puts the best candidate first."""
    return -candidate.score_bps, tie_hash(search_id, candidate.worker_id)
