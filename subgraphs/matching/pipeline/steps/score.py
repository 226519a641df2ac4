"""How well a worker fits, in basis points: strengths less weaknesses, rating, the client's own experience, fairness.

Every part is between 0 and 10 000, and so is their weighted mean. All arithmetic is on whole numbers and floors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from subgraphs.matching.pipeline.candidates import Candidate, SearchRequest, Trait
from subgraphs.matching.pipeline.ladder import Relaxation
from subgraphs.matching.results import FULL_BPS, rating_bps

HALF_WAY = 100
"""The sum of weights at which a strength or weakness counts half."""

_WEIGHT = {"type": "integer", "minimum": 0, "maximum": FULL_BPS}
_FACTORS = {
    "type": "object",
    "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 10 * FULL_BPS},
    "default": {},
}


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts, relative to the others."""

    strength: int
    weakness: int
    rating: int
    client: int
    fairness: int


@dataclass(frozen=True, slots=True)
class Score:
    """Scores everybody, and drops those who are overloaded or too weak until that is relaxed."""

    weights: Weights
    max_open_jobs: int
    """Workers with so many open jobs or more are passed over, for fairness."""
    max_weakness: int
    """Workers whose weaknesses sum up to more are passed over."""
    traits: Mapping[str, int]
    """Factor of a trait in basis points; 10 000 where nothing is said."""
    traits_by_service: Mapping[str, Mapping[str, int]]
    """The same for one service, by its code; goes before ``traits``."""

    NAME: ClassVar[str] = "score"
    VERSION: ClassVar[int] = 1
    SCHEMA: ClassVar[Mapping[str, object]] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "weights": {
                "type": "object",
                "additionalProperties": False,
                "default": {},
                "properties": {
                    "strength": {**_WEIGHT, "default": 3_000},
                    "weakness": {**_WEIGHT, "default": 2_000},
                    "rating": {**_WEIGHT, "default": 3_000},
                    "client": {**_WEIGHT, "default": 1_000},
                    "fairness": {**_WEIGHT, "default": 1_000},
                },
            },
            "maxOpenJobs": {"type": "integer", "minimum": 1, "default": 10},
            "maxWeakness": {"type": "integer", "minimum": 0, "default": 300},
            "traits": _FACTORS,
            "traitsByService": {
                "type": "object",
                "additionalProperties": _FACTORS,
                "default": {},
            },
        },
    }

    @classmethod
    def configure(cls, config: Mapping[str, Any]) -> Self:
        """Return the step for its weights, limits and factors."""
        return cls(
            weights=Weights(**config["weights"]),
            max_open_jobs=config["maxOpenJobs"],
            max_weakness=config["maxWeakness"],
            traits=config["traits"],
            traits_by_service=config["traitsByService"],
        )

    def __call__(
        self, request: SearchRequest, candidates: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Keep those within the limits, each with their score."""
        return tuple(
            replace(each, score_bps=self._score(request, each))
            for each in candidates
            if self._is_within_limits(request, each)
        )

    def _is_within_limits(self, request: SearchRequest, each: Candidate) -> bool:
        is_fair = each.open_jobs < self.max_open_jobs or Relaxation.FAIRNESS in request.relaxed
        is_fit = (
            Relaxation.WEAKNESSES in request.relaxed
            or self._sum(request, each.weaknesses) <= self.max_weakness
        )
        return is_fair and is_fit

    def _score(self, request: SearchRequest, each: Candidate) -> int:
        parts = Weights(
            strength=_saturate(self._sum(request, each.strengths)),
            weakness=FULL_BPS - _saturate(self._sum(request, each.weaknesses)),
            rating=rating_bps(each.done, each.failed),
            client=FULL_BPS
            * (each.done_for_client + 1)
            // (each.done_for_client + each.failed_for_client + 2),
            fairness=FULL_BPS // (1 + each.open_jobs),
        )
        names = [field.name for field in fields(Weights)]
        total = sum(getattr(self.weights, name) for name in names)
        weighted = sum(getattr(self.weights, name) * getattr(parts, name) for name in names)
        return weighted // total if total else 0

    def _sum(self, request: SearchRequest, traits: tuple[Trait, ...]) -> int:
        own = self.traits_by_service.get(request.service_code or "", {})
        return sum(
            trait.weight * own.get(trait.code, self.traits.get(trait.code, FULL_BPS)) // FULL_BPS
            for trait in traits
        )


def _saturate(total: int) -> int:
    """Map a sum of weights to 0 … 10 000 so that more is always better, but ever less so."""
    return FULL_BPS * total // (total + HALF_WAY) if total > 0 else 0
