"""The tree of errors is what its module says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from gateway import errors
from gateway.errors import ClientError, GatewayError, Problem, RequestRefused
from gateway.pipeline.answer import Outcome, list_errors, refuse

ABSTRACT = {"GatewayError", "ClientError", "RequestRefused", "OperationRefused", "LimitExceeded"}
"""They have codes for completeness, and are not raised themselves."""


def below(root: type[GatewayError]) -> Iterator[type[GatewayError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from below(child)


TREE = list(below(GatewayError))


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in TREE if error.__name__ not in ABSTRACT]

    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_every_error_is_drawn_with_its_code_and_its_status(error: type[GatewayError]) -> None:
    drawing = errors.__doc__ or ""
    (line,) = [line for line in drawing.splitlines() if re.search(rf"[ ]{error.__name__}\b", line)]

    if error.__name__ not in ABSTRACT:
        assert error.code in line
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", error.code)
    if issubclass(error, RequestRefused) and error.__name__ not in ABSTRACT:
        assert f" {error.status} " in line


@pytest.mark.parametrize(
    "error", [one for one in TREE if issubclass(one, ClientError)], ids=lambda error: error.__name__
)
def test_every_refusal_becomes_an_answer(error: type[ClientError]) -> None:
    refusal = error("One.", Problem("Two.", ((1, 7),)))

    answer = refuse(refusal)

    assert answer.outcome in {Outcome.MALFORMED, Outcome.UNPROCESSABLE, Outcome.REFUSED}
    assert answer.error_codes == (error.code,)
    assert list_errors(refusal) == [
        {"message": "One.", "extensions": {"code": error.code}},
        {
            "message": "Two.",
            "locations": [{"line": 1, "column": 7}],
            "extensions": {"code": error.code},
        },
    ]
