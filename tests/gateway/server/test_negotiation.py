"""Media types and statuses. Spec: GraphQL over HTTP, Response."""

from __future__ import annotations

import pytest

from gateway.errors import NothingAcceptable
from gateway.execution.incremental_format import IncrementalFormat
from gateway.pipeline.answer import Answer, Outcome
from gateway.server.negotiation import MediaType, choose_status, negotiate

GRAPHQL, JSON = MediaType.GRAPHQL, MediaType.JSON


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("APPLICATION/GraphQL-Response+JSON", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8, application/json", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.5, application/graphql-response+json;q=0.9", GRAPHQL),
        ("application/graphql-response+json;q=0, application/json", JSON),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/html;q=x, application/json", JSON),
        ('application/json; charset="utf-8"', JSON),
    ],
)
def test_the_type_ranked_highest_is_chosen(accept: str | None, chosen: MediaType) -> None:
    assert negotiate(accept).media_type is chosen


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json;q=0", "application/json; charset=utf-16", ",", "json", "*"],
)
def test_nothing_is_written_that_was_not_accepted(accept: str) -> None:
    with pytest.raises(NothingAcceptable):
        negotiate(accept)


@pytest.mark.parametrize(
    ("outcome", "graphql", "json", "strict_graphql", "strict_json"),
    [
        (Outcome.COMPLETE, 200, 200, 200, 200),
        (Outcome.PARTIAL, 200, 200, 294, 200),
        (Outcome.MALFORMED, 400, 200, 400, 400),
        (Outcome.UNPROCESSABLE, 400, 200, 422, 422),
        (Outcome.REFUSED, 418, 418, 418, 418),
        (Outcome.FAILED, 500, 500, 500, 500),
    ],
)
def test_the_status_follows_from_outcome_and_media_type(
    outcome: Outcome, graphql: int, json: int, strict_graphql: int, strict_json: int
) -> None:
    answer = Answer(outcome=outcome, body=b"", status=418)

    assert choose_status(answer, GRAPHQL, strict=False) == graphql
    assert choose_status(answer, JSON, strict=False) == json
    assert choose_status(answer, GRAPHQL, strict=True) == strict_graphql
    assert choose_status(answer, JSON, strict=True) == strict_json


@pytest.mark.parametrize(
    ("accept", "incremental"),
    [
        ("multipart/mixed;incrementalSpec=v0.2, application/json", IncrementalFormat.CURRENT),
        ('Multipart/Mixed; IncrementalSpec="v0.2"', IncrementalFormat.CURRENT),
        ("application/json, multipart/mixed; deferSpec=20220824", IncrementalFormat.LEGACY),
        ("multipart/mixed", IncrementalFormat.LEGACY),
        (
            "multipart/mixed;deferSpec=20220824;q=0.5, multipart/mixed;incrementalSpec=v0.2",
            IncrementalFormat.CURRENT,
        ),
        (
            "multipart/mixed;deferSpec=20220824, multipart/mixed;incrementalSpec=v0.2",
            IncrementalFormat.LEGACY,
        ),
        ("multipart/mixed;incrementalSpec=v0.1, application/json", None),
        ("multipart/mixed;subscriptionSpec=1.0, application/json", None),
        ("multipart/mixed;q=0, application/json", None),
        ("multipart/mixed;q=0.5, application/json", None),
        ("multipart/mixed;q=0.9, application/json;q=0.9", IncrementalFormat.LEGACY),
        ("multipart/mixed, application/json;q=0.9, */*;q=0.1", IncrementalFormat.LEGACY),
        ("*/*", None),
        (None, None),
    ],
)
def test_the_format_of_parts_is_the_one_that_is_named(
    accept: str | None, incremental: IncrementalFormat | None
) -> None:
    assert negotiate(accept).incremental is incremental


def test_only_parts_in_an_unknown_format_are_nothing_that_can_be_written() -> None:
    with pytest.raises(NothingAcceptable):
        negotiate("multipart/mixed;incrementalSpec=v9")
