from __future__ import annotations

import json
from typing import Any

import pytest

from subgraphs.hiring.errors import AnswersInvalid, QuestionsInvalid
from subgraphs.hiring.questions import Kind, Question, parse_answer, parse_questions

from .builders import RIGHT, WRONG, a_choice

TRAITS = ("careful", "polite")
MULTI: dict[str, Any] = {
    "id": "m",
    "kind": "multi",
    "text": "Which ones?",
    "options": ["a", "b", "c"],
    "answer": ["c", "a"],
}
TEXT: dict[str, Any] = {"id": "t", "kind": "text", "text": "Why?"}


def parse(*questions: object) -> tuple[Question, ...]:
    return parse_questions(json.dumps(questions), traits=TRAITS)


def test_every_kind_is_read() -> None:
    choice, multi, text = parse(
        a_choice(weight=3, traits=["polite"]), MULTI, {**TEXT, "traits": []}
    )

    assert (choice.kind, choice.answer, choice.weight) == (Kind.CHOICE, frozenset({RIGHT}), 3)
    assert (multi.kind, multi.answer, multi.weight) == (Kind.MULTI, frozenset({"a", "c"}), 1)
    assert (text.kind, text.answer, text.options) == (Kind.TEXT, frozenset(), ())
    assert [question.traits for question in (choice, multi, text)] == [("polite",), TRAITS, ()]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (a_choice(kind="essay"), r"questions\[0\].kind"),
        ({"id": "q", "text": "No kind"}, "kind"),
        (a_choice(answer="neither"), "not among its options"),
        (a_choice(answer=[RIGHT]), r"questions\[0\].answer"),
        (a_choice(options=[RIGHT]), r"questions\[0\].options"),
        (a_choice(options=[RIGHT, RIGHT]), r"questions\[0\].options"),
        (a_choice(weight=0), r"questions\[0\].weight"),
        (a_choice(weight=1.5), r"questions\[0\].weight"),
        (a_choice(traits=["brave"]), "does not name"),
        (a_choice(traits=["Polite!"]), r"questions\[0\].traits"),
        (a_choice("two words"), r"questions\[0\].id"),
        (a_choice(hint="the first"), "hint"),
        ({**MULTI, "answer": []}, r"questions\[0\].answer"),
        ({**MULTI, "answer": ["d"]}, "not among its options"),
        ({**TEXT, "options": ["a", "b"]}, "options"),
        ({**TEXT, "answer": "because"}, "answer"),
        ("not an object", r"questions\[0\]"),
    ],
)
def test_a_mistake_is_named(question: object, says: str) -> None:
    with pytest.raises(QuestionsInvalid, match=says):
        parse(question)


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", "null", '"x"'])
def test_questions_are_a_json_list_of_some(text: str) -> None:
    with pytest.raises(QuestionsInvalid):
        parse_questions(text, traits=TRAITS)


def test_two_questions_cannot_share_an_id() -> None:
    with pytest.raises(QuestionsInvalid, match="Two questions have the id q1"):
        parse(a_choice(), a_choice())


def test_answers_are_read_by_kind() -> None:
    choice, multi, text = parse(a_choice(), MULTI, TEXT)

    assert parse_answer(choice, WRONG) == (WRONG,)
    assert parse_answer(multi, '["c", "a"]') == ("a", "c")
    assert parse_answer(multi, "[]") == ()
    assert parse_answer(text, "Because.") == ("Because.",)


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, "neither"),
        (0, ""),
        (1, "a"),
        (1, '{"a": 1}'),
        (1, '["d"]'),
        (1, '["a", "a"]'),
        (1, "[1]"),
        (1, "[[]]"),
        (2, "x" * 10_001),
    ],
)
def test_an_answer_that_was_not_offered_is_refused(at: int, value: str) -> None:
    question = parse(a_choice(), MULTI, TEXT)[at]

    with pytest.raises(AnswersInvalid):
        parse_answer(question, value)
