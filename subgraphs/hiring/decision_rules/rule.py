"""What a decision rule is given and what it answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from subgraphs.hiring.states import AttemptState


class Verdict(StrEnum):
    """What a rule says."""

    HIRE = "HIRE"
    REJECT = "REJECT"
    ASK_MANAGER = "ASK_MANAGER"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """One attempt, as a rule sees it."""

    test_id: str
    test_version: int
    mandatory: bool
    state: AttemptState
    score_bps: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a rule may look at."""

    attempts: tuple[AttemptFacts, ...]
    floor_bps: int | None = None
    """The mean that the best applicants of late have reached; ``None`` when no such gate is set."""

    def to_json(self) -> dict[str, Any]:
        """Return the inputs as they are kept beside a decision."""
        return {
            "floorBps": self.floor_bps,
            "attempts": [
                {
                    "testId": attempt.test_id,
                    "testVersion": attempt.test_version,
                    "mandatory": attempt.mandatory,
                    "state": attempt.state.value,
                    "scoreBps": attempt.score_bps,
                }
                for attempt in self.attempts
            ],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Inputs:
        """Return the inputs that were kept."""
        return cls(
            floor_bps=data["floorBps"],
            attempts=tuple(
                AttemptFacts(
                    test_id=attempt["testId"],
                    test_version=attempt["testVersion"],
                    mandatory=attempt["mandatory"],
                    state=AttemptState(attempt["state"]),
                    score_bps=attempt["scoreBps"],
                )
                for attempt in data["attempts"]
            ),
        )


Rule: TypeAlias = Callable[[Inputs], Verdict]


def mean_score(attempts: Sequence[AttemptFacts]) -> int | None:
    """Return the mean of the attempts that have a score, in basis points, floored."""
    scores = [attempt.score_bps for attempt in attempts if attempt.score_bps is not None]
    return sum(scores) // len(scores) if scores else None
