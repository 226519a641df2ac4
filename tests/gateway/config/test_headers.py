"""Rules for headers: what is read, and what is refused by the path of the mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config import load_config
from gateway.config.settings import (
    HeaderMerge,
    HeadersConfig,
    InsertHeader,
    PropagateHeader,
    PropagateHeaders,
    RemoveHeaders,
    ReturnHeader,
    SubgraphHeaders,
)
from gateway.errors import ConfigInvalid

SUBGRAPHS = {"stock": {"routing_url": "http://a.test", "schema": {"sdl": "type Query { a: Int }"}}}


def read(folder: Path, headers: dict[str, Any]) -> HeadersConfig:
    path = folder / "supergraph.yaml"
    path.write_text(yaml.safe_dump({"subgraphs": SUBGRAPHS, "gateway": {"headers": headers}}))
    return load_config(config=path, environment={}).headers


def test_rules_are_read_in_order_and_names_have_no_case(tmp_path: Path) -> None:
    headers = read(
        tmp_path,
        {
            "forward": ["Authorization"],
            "requests": [
                {"propagate": {"name": "X-Tenant", "rename": "Tenant", "default": "all"}},
                {"propagate": {"matching": "x-shop-.*"}},
                {"insert": {"name": "X-User", "claim": "sub"}},
                {"insert": {"name": "x-from", "value": "cattery"}},
                {"remove": {"matching": "x-shop-secret-.*"}},
            ],
            "subgraphs": {
                "stock": {"forward": [], "requests": [{"remove": {"name": "X-Client-Ip"}}]}
            },
        },
    )

    assert headers == HeadersConfig(
        forward=("authorization",),
        requests=(
            PropagateHeader(name="x-tenant", rename="tenant", default="all"),
            PropagateHeaders(matching="x-shop-.*"),
            InsertHeader(name="x-user", claim="sub"),
            InsertHeader(name="x-from", value="cattery"),
            RemoveHeaders(matching="x-shop-secret-.*"),
        ),
        subgraphs=(
            (
                "stock",
                SubgraphHeaders(forward=(), requests=(RemoveHeaders(name="x-client-ip"),)),
            ),
        ),
    )


def test_rules_for_responses_are_read(tmp_path: Path) -> None:
    headers = read(
        tmp_path,
        {
            "responses": [
                {"propagate": {"name": "X-A", "rename": "B", "merge": "append"}},
                {"insert": {"name": "x-by", "value": "cattery"}},
            ],
            "subgraphs": {"stock": {"responses": [{"propagate": {"name": "set-cookie"}}]}},
        },
    )

    assert headers.responses == (
        ReturnHeader(name="x-a", rename="b", merge=HeaderMerge.APPEND),
        InsertHeader(name="x-by", value="cattery"),
    )
    assert dict(headers.subgraphs)["stock"].responses == (ReturnHeader(name="set-cookie"),)


@pytest.mark.parametrize(
    "traffic",
    [
        {"coalesce_queries": True},
        {"coalesce_calls": True},
        {"subgraphs": {"stock": {"coalesce_calls": True}}},
    ],
)
def test_cookies_of_one_client_are_not_handed_to_those_who_share_its_answer(
    tmp_path: Path, traffic: dict[str, Any]
) -> None:
    headers = {"responses": [{"propagate": {"name": "set-cookie"}}]}
    path = tmp_path / "supergraph.yaml"
    settings = {"headers": headers, "traffic": traffic}
    path.write_text(yaml.safe_dump({"subgraphs": SUBGRAPHS, "gateway": settings}))

    with pytest.raises(ConfigInvalid, match="set-cookie"):
        load_config(config=path, environment={})


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (
            {"responses": [{"remove": {"name": "a"}}]},
            "gateway.headers.responses[0] must be one of propagate, insert.",
        ),
        (
            {"responses": [{"propagate": {"name": "a", "rename": "Cache-Control"}}]},
            "gateway.headers.responses[0].propagate must not set 'cache-control'",
        ),
        (
            {"responses": [{"propagate": {"name": "a", "merge": "most"}}]},
            "gateway.headers.responses[0].propagate.merge must be one of first, last, append",
        ),
        (
            {"responses": [{"insert": {"name": "a", "claim": "b"}}]},
            "gateway.headers.responses[0].insert.value is missing.",
        ),
        (
            {"responses": [{"propagate": {"rename": "b"}}]},
            "gateway.headers.responses[0].propagate.name is missing.",
        ),
        (
            {"subgraphs": {"stok": {}}},
            "gateway.headers.subgraphs.stok: there is no such subgraph. Did you mean stock?",
        ),
        ({"forward": ["Host"]}, "gateway.headers.forward must not hold 'host'"),
        (
            {"subgraphs": {"stock": {"forward": ["connection"]}}},
            "gateway.headers.subgraphs.stock.forward must not hold 'connection'",
        ),
        ({"requests": {}}, "gateway.headers.requests must be a list of rules, not a mapping."),
        ({"requests": ["x"]}, "gateway.headers.requests[0] must be a mapping"),
        (
            {"requests": [{"propagated": {"name": "a"}}]},
            "gateway.headers.requests[0] must be one of propagate, insert, remove."
            " Did you mean propagate?",
        ),
        (
            {"requests": [{"insert": {"name": "a", "value": "b"}, "remove": {"name": "a"}}]},
            "gateway.headers.requests[0] must be one of propagate, insert, remove.",
        ),
        (
            {"requests": [{"propagate": {"name": "a", "renam": "b"}}]},
            "gateway.headers.requests[0].propagate.renam is no setting. Did you mean rename?",
        ),
        (
            {"requests": [{"propagate": {"name": "a", "matching": "b"}}]},
            "gateway.headers.requests[0].propagate must have one of name and matching.",
        ),
        (
            {"requests": [{"propagate": {"matching": "b", "rename": "c"}}]},
            "gateway.headers.requests[0].propagate: rename and default go with name",
        ),
        (
            {"requests": [{"remove": {"name": "a"}}, {"propagate": {"matching": "("}}]},
            "gateway.headers.requests[1].propagate.matching is no regular expression",
        ),
        (
            {"requests": [{"propagate": {"name": "a", "rename": "Content-Length"}}]},
            "gateway.headers.requests[0].propagate.rename must not be 'content-length'",
        ),
        (
            {"requests": [{"insert": {"name": "a b", "value": "c"}}]},
            "gateway.headers.requests[0].insert.name must be the name of a header",
        ),
        (
            {"requests": [{"insert": {"name": "a", "value": "b\nc"}}]},
            "gateway.headers.requests[0].insert.value holds a character",
        ),
        (
            {"requests": [{"insert": {"name": "a"}}]},
            "gateway.headers.requests[0].insert must have one of value and claim.",
        ),
        (
            {"requests": [{"insert": {"value": "a"}}]},
            "gateway.headers.requests[0].insert.name is missing.",
        ),
        (
            {"requests": [{"remove": {}}]},
            "gateway.headers.requests[0].remove must have one of name and matching.",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(
    tmp_path: Path, headers: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        read(tmp_path, headers)

    assert str(caught.value).startswith(message)
