"""The tree of errors is what its module says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import errors
from gateway.errors import ClientError, GatewayError, Problem, RequestRefused, is_mishap_code
from gateway.pipeline.answer import Outcome, list_errors, refuse
from gateway.transports import errors as transport_errors

ABSTRACT = {"GatewayError", "ClientError", "RequestRefused", "OperationRefused", "LimitExceeded"}
"""They have codes for completeness, and are not raised themselves."""


def below(root: type[GatewayError]) -> Iterator[type[GatewayError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from below(child)


assert transport_errors  # imported for the errors that it adds to the tree
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


PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text()


def every(root: type[GatewayError]) -> Iterator[type[GatewayError]]:
    """The tree with what other modules add to it."""
    yield root
    for child in root.__subclasses__():
        yield from every(child)


def test_the_page_about_errors_explains_every_code_and_no_other() -> None:
    raised = {
        error.code
        for error in every(GatewayError)
        if error.__module__.startswith("gateway.") and error.__name__ not in ABSTRACT
    }
    explained = PAGE.partition("## Codes")[2]

    told = set(re.findall(r"`([A-Z][A-Z0-9_]{5,})`", explained))

    assert told == raised | {
        errors.DEFAULT_SUBGRAPH_CODE,
        errors.DENIED_CODE,
        errors.INVALID_VALUE_CODE,
    }


def test_the_page_about_errors_has_the_statuses_right() -> None:
    on_page = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (\d{3}) \|", PAGE, flags=re.MULTILINE))
    raised = {
        error.code: str(error.status)
        for error in every(RequestRefused)
        if issubclass(error, RequestRefused) and error.__name__ not in ABSTRACT
    }

    assert raised.items() <= on_page.items()


def test_the_page_about_errors_names_the_codes_that_count_as_failures_inside() -> None:
    paragraph = PAGE.partition("An error is a failure inside")[2].partition("\n\n")[0]

    named = set(re.findall(r"`([A-Z_]+)`", paragraph))

    assert named == errors.MISHAP_CODES
    for code in named:
        assert is_mishap_code(code)
        assert is_mishap_code(code.lower().replace("_", "-"))
    for code in ("FORBIDDEN", "BAD_USER_INPUT", "VALIDATION", "SUBGRAPH_TIMEOUT"):
        assert not is_mishap_code(code)
