"""The format of a test's questions: a JSON list, checked by the schema below and by what a schema cannot say. Pure.

[
  {"id": "q1", "kind": "choice", "text": "What first?", "options": ["Dust", "Floor"], "answer": "Dust",
   "weight": 2, "traits": ["thorough"]},
  {"id": "q2", "kind": "multi", "text": "What do you bring?", "options": ["Mop", "Cloth", "Mouse"],
   "answer": ["Mop", "Cloth"]},
  {"id": "q3", "kind": "text", "text": "How do you greet a client?"}
]

``choice`` has one right option, ``multi`` the exact set of right ones, ``text`` is read by a manager. ``weight`` is 1
to 100 and 1 when left out. ``traits`` are the traits that the question measures: those of its test when left out, and
only ever some of those.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from .errors import AnswersInvalid, QuestionsInvalid

MAX_QUESTIONS = 200
MAX_ANSWER = 10_000
TRAIT_PATTERN = "^[a-z][a-z0-9-]{0,39}$"
_ID_PATTERN = "^[A-Za-z0-9_-]{1,64}$"
_OPTION = {"type": "string", "minLength": 1, "maxLength": 500}
_COMMON: dict[str, Any] = {
    "id": {"type": "string", "pattern": _ID_PATTERN},
    "text": {"type": "string", "minLength": 1, "maxLength": 4_000},
    "weight": {"type": "integer", "minimum": 1, "maximum": 100},
    "traits": {
        "type": "array",
        "items": {"type": "string", "pattern": TRAIT_PATTERN},
        "maxItems": 20,
        "uniqueItems": True,
    },
}
_OPTIONS = {"type": "array", "items": _OPTION, "minItems": 2, "maxItems": 50, "uniqueItems": True}


def _kind(name: str, **more: Any) -> dict[str, Any]:
    return {
        "properties": {**_COMMON, "kind": {"const": name}, **more},
        "required": ["id", "text", "kind", *more],
        "additionalProperties": False,
    }


_CHOSEN = {**_OPTIONS, "minItems": 1}
QUESTIONS_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_QUESTIONS,
    "items": {
        "type": "object",
        "properties": {"kind": {"enum": ["choice", "multi", "text"]}},
        "required": ["kind"],
        # One branch by kind, so that a mistake is reported for the kind that was meant.
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": schema,
            }
            for name, schema in (
                ("choice", _kind("choice", options=_OPTIONS, answer=_OPTION)),
                ("multi", _kind("multi", options=_OPTIONS, answer=_CHOSEN)),
                ("text", _kind("text")),
            )
        ],
    },
}
_VALIDATOR = Draft202012Validator(QUESTIONS_SCHEMA)


class Kind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    MULTI = "multi"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, with its right answer."""

    id: str
    text: str
    kind: Kind
    options: tuple[str, ...]
    answer: frozenset[str]
    """The right options; none for a text."""
    weight: int
    traits: tuple[str, ...]


def parse_questions(text: str, *, traits: Collection[str]) -> tuple[Question, ...]:
    """Return the questions written as JSON ``text``, for a test that measures ``traits``.

    Raises:
        QuestionsInvalid: the text breaks the format; it says where.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise QuestionsInvalid("`questions` is not JSON.") from error
    problem = best_match(_VALIDATOR.iter_errors(data))
    if problem is not None:
        raise QuestionsInvalid(f"questions{problem.json_path[1:]}: {problem.message[:200]}")
    questions = tuple(_read(item, traits) for item in data)
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise QuestionsInvalid(f"Two questions have the id {question.id}.")
        seen.add(question.id)
        if not question.answer <= set(question.options):
            raise QuestionsInvalid(f"The answer of {question.id} is not among its options.")
        if not set(question.traits) <= set(traits):
            raise QuestionsInvalid(f"{question.id} measures a trait that the test does not name.")
    return questions


def parse_answer(question: Question, value: str) -> tuple[str, ...]:
    """Return what an answer chooses: the option of a choice, the options of a multi, the text of a text.

    The options of a multi are a JSON list of strings.

    Raises:
        AnswersInvalid: it chooses what is not offered, or is far too long.
    """
    match question.kind:
        case Kind.TEXT:
            if len(value) > MAX_ANSWER:
                raise AnswersInvalid(
                    f"The answer to {question.id} is longer than {MAX_ANSWER} characters."
                )
            return (value,)
        case Kind.CHOICE:
            chosen: Sequence[object] = (value,)
        case Kind.MULTI:
            chosen = _read_list(question, value)
    options = tuple(option for option in question.options if option in chosen)
    if len(options) != len(chosen):
        raise AnswersInvalid(f"The answer to {question.id} is not among its options.")
    return options


def _read(item: dict[str, Any], traits: Collection[str]) -> Question:
    answer = item.get("answer", [])
    return Question(
        id=item["id"],
        text=item["text"],
        kind=Kind(item["kind"]),
        options=tuple(item.get("options", ())),
        answer=frozenset([answer] if isinstance(answer, str) else answer),
        weight=item.get("weight", 1),
        traits=tuple(item.get("traits", traits)),
    )


def _read_list(question: Question, value: str) -> list[object]:
    try:
        chosen = json.loads(value)
    except ValueError as error:
        raise AnswersInvalid(
            f"The answer to {question.id} is a JSON list of options, such as '[\"Mop\"]'."
        ) from error
    if not isinstance(chosen, list):
        raise AnswersInvalid(f"The answer to {question.id} is a JSON list of options.")
    return chosen
