"""Media types and statuses. Spec: GraphQL over HTTP, Response."""

from __future__ import annotations

import pytest

from gateway.errors import NothingAcceptable
from gateway.pipeline.answer import Answer, Outcome
from gateway.server.negotiation import MediaType, choose_media_type, choose_status

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
    assert choose_media_type(accept) is chosen


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json;q=0", "application/json; charset=utf-16", ",", "json", "*"],
)
def test_nothing_is_written_that_was_not_accepted(accept: str) -> None:
    with pytest.raises(NothingAcceptable):
        choose_media_type(accept)


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
