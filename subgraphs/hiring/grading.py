"""What answers are worth: whole numbers of basis points, every division floored. Pure.

A question counts fully or not at all: a multi is right when exactly the right options are chosen. What a manager must
read has no score until it is given one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .questions import Kind, Question

BPS = 10_000
STRENGTH_FROM_BPS = 8_000
WEAKNESS_TO_BPS = 4_000
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Tally:
    """What was reached of what could be, in weight times basis points."""

    reached: int = 0
    possible: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.reached + other.reached, self.possible + other.possible)

    @property
    def score_bps(self) -> int:
        """The share, floored; nothing possible is nothing reached."""
        return self.reached * BPS // self.possible if self.possible else 0


@dataclass(frozen=True, slots=True)
class Trait:
    """A strength or a weakness."""

    code: str
    weight: int
    """How pronounced, 0 to 100: the per cent right for a strength, the per cent wrong for a weakness; floored."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What somebody is good and bad at, each by code."""

    strengths: tuple[Trait, ...]
    weaknesses: tuple[Trait, ...]


def is_right(question: Question, chosen: Sequence[str]) -> bool:
    """Whether the parsed answer is exactly the right one; never for a text."""
    return question.kind is not Kind.TEXT and question.answer == frozenset(chosen)


def needs_reading(questions: Iterable[Question]) -> bool:
    """Whether a manager must judge the attempt."""
    return any(question.kind is Kind.TEXT for question in questions)


def score(questions: Iterable[Question], answers: Mapping[str, Sequence[str]]) -> int:
    """Return Σ(weight · right) / Σ(weight) in basis points, floored; a question without an answer is not right."""
    tally = Tally()
    for question in questions:
        tally += _tally(question, answers, review_bps=0)
    return tally.score_bps


def tally_traits(
    questions: Iterable[Question],
    answers: Mapping[str, Sequence[str]],
    *,
    review_bps: int | None = None,
) -> dict[str, Tally]:
    """Return, for each trait, what the answers reached in the questions that measure it.

    ``review_bps`` is the manager's score, which a text counts with; without one texts do not count.
    """
    found: dict[str, Tally] = {}
    for question in questions:
        if question.kind is Kind.TEXT and review_bps is None:
            continue
        tally = _tally(question, answers, review_bps=review_bps or 0)
        for code in question.traits:
            found[code] = found.get(code, Tally()) + tally
    return found


def judge_traits(tallies: Iterable[Mapping[str, Tally]]) -> Traits:
    """Return strengths (80 % right or more) and weaknesses (40 % or less) over all of somebody's attempts."""
    total: dict[str, Tally] = {}
    for by_trait in tallies:
        for code, tally in by_trait.items():
            total[code] = total.get(code, Tally()) + tally
    shares = sorted((code, tally.score_bps) for code, tally in total.items() if tally.possible)
    return Traits(
        strengths=tuple(
            Trait(code, share // _PERCENT) for code, share in shares if share >= STRENGTH_FROM_BPS
        ),
        weaknesses=tuple(
            Trait(code, (BPS - share) // _PERCENT)
            for code, share in shares
            if share <= WEAKNESS_TO_BPS
        ),
    )


def _tally(question: Question, answers: Mapping[str, Sequence[str]], *, review_bps: int) -> Tally:
    if question.kind is Kind.TEXT:
        return Tally(question.weight * review_bps, question.weight * BPS)
    right = is_right(question, answers.get(question.id, ()))
    return Tally(question.weight * BPS if right else 0, question.weight * BPS)
