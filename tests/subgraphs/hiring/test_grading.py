"""Grading against a second, slower reading of the rule, on random tests."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.hiring.grading import (
    BPS,
    Tally,
    Trait,
    judge_traits,
    needs_reading,
    score,
    tally_traits,
)
from subgraphs.hiring.questions import Kind, Question

OPTIONS = ("a", "b", "c")
TRAITS = ("brave", "careful", "polite")


@st.composite
def a_question(draw: st.DrawFn, id_: str) -> Question:
    kind = draw(st.sampled_from([Kind.CHOICE, Kind.MULTI]))
    size = 1 if kind is Kind.CHOICE else draw(st.integers(1, 3))
    return Question(
        id=id_,
        text="?",
        kind=kind,
        options=OPTIONS,
        answer=frozenset(draw(st.permutations(OPTIONS))[:size]),
        weight=draw(st.integers(1, 100)),
        traits=tuple(draw(st.sets(st.sampled_from(TRAITS)))),
    )


@st.composite
def a_sheet(draw: st.DrawFn) -> tuple[list[Question], dict[str, tuple[str, ...]]]:
    questions = [draw(a_question(f"q{at}")) for at in range(draw(st.integers(1, 6)))]
    answers = {
        question.id: tuple(draw(st.sets(st.sampled_from(OPTIONS))))
        for question in questions
        if draw(st.booleans())
    }
    return questions, answers


def right(question: Question, answers: dict[str, tuple[str, ...]]) -> bool:
    return set(answers.get(question.id, ())) == set(question.answer)


@given(a_sheet())
def test_the_score_is_the_weighted_share_floored(
    sheet: tuple[list[Question], dict[str, tuple[str, ...]]],
) -> None:
    questions, answers = sheet
    reached = sum(question.weight for question in questions if right(question, answers))
    share = Fraction(reached, sum(question.weight for question in questions))

    found = score(questions, answers)

    assert found == int(share * BPS)
    assert 0 <= found <= BPS


@given(a_sheet())
def test_a_further_right_answer_never_lowers_the_score(
    sheet: tuple[list[Question], dict[str, tuple[str, ...]]],
) -> None:
    questions, answers = sheet
    for question in questions:
        better = {**answers, question.id: tuple(question.answer)}
        assert score(questions, better) >= score(questions, answers)


@given(a_sheet())
def test_all_right_is_everything_and_nothing_answered_is_nothing(
    sheet: tuple[list[Question], dict[str, tuple[str, ...]]],
) -> None:
    questions, _ = sheet

    assert score(questions, {each.id: tuple(each.answer) for each in questions}) == BPS
    assert score(questions, {}) == 0


@given(st.lists(a_sheet(), min_size=1, max_size=3))
def test_traits_are_judged_over_all_attempts_together(
    sheets: list[tuple[list[Question], dict[str, tuple[str, ...]]]],
) -> None:
    judged = judge_traits(tally_traits(questions, answers) for questions, answers in sheets)

    for code in TRAITS:
        asked = [
            (question.weight, right(question, answers))
            for questions, answers in sheets
            for question in questions
            if code in question.traits
        ]
        strength = [trait for trait in judged.strengths if trait.code == code]
        weakness = [trait for trait in judged.weaknesses if trait.code == code]
        if not asked:
            assert not strength
            assert not weakness
            continue
        share = Fraction(
            sum(weight for weight, is_right in asked if is_right), sum(w for w, _ in asked)
        )
        # The share is floored to basis points before it is compared.
        bps = int(share * BPS)
        assert strength == ([Trait(code, bps // 100)] if bps >= 8_000 else [])
        assert weakness == ([Trait(code, (BPS - bps) // 100)] if bps <= 4_000 else [])


@pytest.mark.parametrize(
    ("right_of_ten", "strong", "weak"), [(8, 1, 0), (7, 0, 0), (5, 0, 0), (4, 0, 1), (0, 0, 1)]
)
def test_strengths_begin_at_80_per_cent_and_weaknesses_end_at_40(
    right_of_ten: int, strong: int, weak: int
) -> None:
    judged = judge_traits([{"careful": Tally(right_of_ten * BPS, 10 * BPS)}])

    assert (len(judged.strengths), len(judged.weaknesses)) == (strong, weak)


def test_words_count_with_the_managers_score_and_not_without_one() -> None:
    text = Question(
        id="t",
        text="?",
        kind=Kind.TEXT,
        options=(),
        answer=frozenset(),
        weight=2,
        traits=("polite",),
    )

    assert needs_reading([text])
    assert tally_traits([text], {"t": ("Hello.",)}) == {}
    assert tally_traits([text], {"t": ("Hello.",)}, review_bps=9_000) == {
        "polite": Tally(18_000, 20_000)
    }
