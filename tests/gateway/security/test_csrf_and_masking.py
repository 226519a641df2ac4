"""Requests that pages can send unasked are refused; mishaps are told apart by an id and by nothing else."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.config.settings import CsrfConfig
from gateway.errors import CsrfSuspected, PlanningError
from gateway.security.csrf import check_csrf
from gateway.security.introspection import without_suggestion
from gateway.security.masking import MASKED_MESSAGE, mask_exception, masked_extensions


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_simple_request_needs_a_header_that_no_page_can_send_unasked(content_type: str) -> None:
    config = CsrfConfig()

    with pytest.raises(CsrfSuspected):
        check_csrf(content_type, {}, config)

    check_csrf(content_type, {"graphql-require-preflight": "1"}, config)
    check_csrf(content_type, {}, CsrfConfig(enabled=False))


def test_an_empty_header_is_no_proof() -> None:
    with pytest.raises(CsrfSuspected):
        check_csrf("", {"x-requested-with": ""}, CsrfConfig())


def test_json_is_proof_enough() -> None:
    check_csrf("application/json", {}, CsrfConfig())


def test_a_mishap_shows_its_code_and_an_id_to_find_it_by() -> None:
    error = PlanningError("password=hunter2")

    with capture_logs() as lines:
        masked = mask_exception(error, request_id="r1")

    assert masked["message"] == MASKED_MESSAGE
    assert "hunter2" not in str(masked)
    extensions = masked["extensions"]
    assert isinstance(extensions, dict)
    assert extensions["code"] == "QUERY_PLAN_BUILD_FAILED"
    assert len(extensions["errorId"]) == 32
    (line,) = lines
    assert (line["error_id"], line["request_id"]) == (extensions["errorId"], "r1")
    assert line["exc_info"] is error


def test_a_foreign_exception_shows_not_even_its_name() -> None:
    masked = mask_exception(KeyError("secret"), request_id="r1")

    extensions = masked["extensions"]
    assert isinstance(extensions, dict)
    assert extensions["code"] == "INTERNAL_SERVER_ERROR"
    assert "KeyError" not in str(masked)


def test_of_a_masked_subgraph_error_the_code_stays() -> None:
    assert masked_extensions({"code": "FORBIDDEN", "service": "a", "stacktrace": ["…"]}) == {
        "code": "FORBIDDEN"
    }


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("Cannot query field 'nam'. Did you mean 'name'?", "Cannot query field 'nam'."),
        ("Unknown type 'X'. Did you mean 'Y', 'Z', or 'A'?", "Unknown type 'X'."),
        ("Syntax Error: Unexpected <EOF>.", "Syntax Error: Unexpected <EOF>."),
    ],
)
def test_suggestions_are_cut_off(message: str, left: str) -> None:
    assert without_suggestion(message) == left
