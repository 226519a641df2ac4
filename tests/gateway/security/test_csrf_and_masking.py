"""Requests that pages can send unasked are refused; mishaps are told apart by an id and by nothing else."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.config.settings import CsrfConfig, ErrorsConfig, SubgraphErrors
from gateway.errors import CsrfSuspected, PlanningError
from gateway.security.csrf import check_csrf
from gateway.security.masking import (
    MASKED_MESSAGE,
    MASKED_SUBGRAPH_MESSAGE,
    Shown,
    SubgraphErrorMask,
    mask_exception,
)


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


def show(
    message: str,
    extensions: dict[str, object],
    policy: SubgraphErrors = SubgraphErrors.MASKED_INTERNALS,
) -> tuple[Shown, list[MutableMapping[str, Any]]]:
    """What is shown of an error of ``stock``, and the lines in the log."""
    mask = SubgraphErrorMask(ErrorsConfig(subgraph_errors=policy)).open({"request_id": "r1"})
    with capture_logs() as lines:
        shown = mask.show(message, {**extensions, "service": "stock"}, ["a", 0])
    return shown, list(lines)


def test_of_a_masked_error_the_code_and_an_id_stay() -> None:
    own: dict[str, object] = {"code": "FORBIDDEN", "reason": "secret"}

    shown, (line,) = show("secret", own, SubgraphErrors.MASKED)

    assert shown == (
        MASKED_SUBGRAPH_MESSAGE,
        {"code": "FORBIDDEN", "errorId": line["error_id"]},
    )
    assert line["reason"] == "secret"


def test_an_error_with_a_code_of_its_own_is_shown_without_what_is_for_debugging() -> None:
    kept = {"code": "INSUFFICIENT_FUNDS", "missing": {"amount": 5}, "retryAfterSeconds": 3}
    debugging = {
        "stacktrace": ["a.py"],
        "stackTrace": "a.py",
        "exception": {"stacktrace": []},
        "debugMessage": "SELECT",
        "debug_info": 1,
        "trace": [],
        "original-error": "x",
    }

    shown, lines = show("Not enough.", {**kept, **debugging})

    assert shown == ("Not enough.", {**kept, "service": "stock"})
    assert lines == []


@pytest.mark.parametrize(
    "code",
    [None, 500, "DOWNSTREAM_SERVICE_ERROR", "INTERNAL_SERVER_ERROR", "internal-error", "Unknown"],
)
def test_a_failure_inside_a_subgraph_is_hidden_and_logged(code: object) -> None:
    own: dict[str, object] = {"reason": "secret", "furtherPlaces": 3}

    shown, (line,) = show("secret", own if code is None else {**own, "code": code})

    assert "secret" not in str(shown)
    assert shown.extensions.pop("code", None) == code
    assert shown.extensions == {
        "service": "stock",
        "errorId": line["error_id"],
        "furtherPlaces": 3,
    }
    assert len(line["error_id"]) == 32
    assert (line["reason"], line["path"], line["request_id"]) == ("secret", ["a", 0], "r1")
    assert line["extensions"]["reason"] == "secret"


def test_an_error_at_many_places_is_one_line_and_one_id() -> None:
    mask = SubgraphErrorMask(ErrorsConfig()).open({})

    with capture_logs() as lines:
        ids = [
            mask.show(message, {"code": "UNKNOWN", "service": "stock"}, [place]).extensions[
                "errorId"
            ]
            for message in ("one", "two")
            for place in range(3)
        ]

    assert [line["reason"] for line in lines] == ["one", "two"]
    assert ids == [lines[0]["error_id"]] * 3 + [lines[1]["error_id"]] * 3


def test_the_id_that_a_subgraph_logged_under_is_kept_when_it_is_like_ours() -> None:
    for own, is_kept in (("0123456789abcdef" * 2, True), ("<script>", False), (7, False)):
        shown, (line,) = show("m", {"code": "INTERNAL_ERROR", "errorId": own})

        assert (shown.extensions["errorId"] == own) is is_kept
        assert line["error_id"] == shown.extensions["errorId"]


def test_what_the_gateway_says_of_a_call_is_shown_and_not_logged_twice() -> None:
    own: dict[str, object] = {"code": "SUBGRAPH_TIMEOUT", "errorId": "1" * 32}

    assert show("No answer.", own) == (Shown("No answer.", {**own, "service": "stock"}), [])
    assert show("No answer.", own, SubgraphErrors.MASKED) == (
        Shown(MASKED_SUBGRAPH_MESSAGE, own),
        [],
    )


def test_one_subgraph_may_differ() -> None:
    config = ErrorsConfig(
        subgraph_errors=SubgraphErrors.MASKED,
        subgraphs=(("open", SubgraphErrors.PASSTHROUGH),),
    )
    mask = SubgraphErrorMask(config).open({})
    extensions: dict[str, object] = {"code": "FORBIDDEN", "stacktrace": [], "service": "open"}

    assert mask.show("As it is.", extensions, None) == ("As it is.", extensions)
    assert mask.show("No.", {"code": "X", "service": "shut"}, None).message != "No."


def test_errors_of_the_gateways_own_are_left_alone() -> None:
    mask = SubgraphErrorMask(ErrorsConfig(subgraph_errors=SubgraphErrors.MASKED)).open({})

    assert mask.show("m", {"code": "UNKNOWN"}, None) == ("m", {"code": "UNKNOWN"})
