"""Rules for the headers of subgraph responses: what the client gets."""

from __future__ import annotations

from gateway.config.settings import (
    HeaderMerge,
    HeadersConfig,
    InsertHeader,
    ResponseHeaderRule,
    ReturnHeader,
    SubgraphHeaders,
)
from gateway.pipeline.response_headers import compile_response_rules
from gateway.transports.base import SubgraphResponse
from gateway.transports.response_headers import ResponseHeaders


def response(*pairs: tuple[str, str]) -> SubgraphResponse:
    raw = [(name.encode(), value.encode()) for name, value in pairs]
    return SubgraphResponse(200, b"{}", ResponseHeaders(raw))


def outcome(
    config: HeadersConfig, *responses: tuple[int, SubgraphResponse]
) -> tuple[tuple[str, str], ...]:
    """Return what the client gets of responses to fetches 0 (stock), 1 (prices) and 2 (stock)."""
    rules = compile_response_rules(config)
    assert rules is not None
    collector = rules.collect(["stock", "prices", "stock"])
    for fetch_id, one in responses:
        collector.add(fetch_id, 0, one)
    return collector.headers()


def of(*rules: ResponseHeaderRule) -> HeadersConfig:
    return HeadersConfig(responses=rules)


def test_without_rules_nothing_is_collected() -> None:
    assert compile_response_rules(HeadersConfig()) is None
    assert compile_response_rules(HeadersConfig(subgraphs=(("stock", SubgraphHeaders()),))) is None


def test_responses_count_in_the_plans_order_however_they_arrive() -> None:
    arrived = [
        (2, response(("X-A", "c"))),
        (0, response(("x-a", "a"))),
        (1, response(("x-a", "b"))),
    ]

    def merged(merge: HeaderMerge) -> tuple[tuple[str, str], ...]:
        return outcome(of(ReturnHeader(name="x-a", rename="b", merge=merge)), *arrived)

    assert merged(HeaderMerge.FIRST) == (("b", "a"),)
    assert merged(HeaderMerge.LAST) == (("b", "c"),)
    assert merged(HeaderMerge.APPEND) == (("b", "a, b, c"),)


def test_cookies_keep_a_line_each() -> None:
    cookies = response(("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2"))

    assert outcome(of(ReturnHeader(name="set-cookie")), (0, cookies)) == (
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", "b=2"),
    )


def test_a_default_stands_where_no_response_has_the_header() -> None:
    for merge in HeaderMerge:
        rule = ReturnHeader(name="x-a", default="none", merge=merge)

        assert outcome(of(rule), (0, response())) == (("x-a", "none"),)
        assert outcome(of(rule), (0, response(("x-a", "1"))), (1, response())) == (("x-a", "1"),)
        assert outcome(of(rule), (0, response()), (1, response(("x-a", "1")))) == (("x-a", "1"),)


def test_a_subgraph_may_have_rules_of_its_own() -> None:
    config = HeadersConfig(
        responses=(InsertHeader(name="x-by", value="cattery"),),
        subgraphs=(("prices", SubgraphHeaders(responses=(ReturnHeader(name="x-a"),))),),
    )

    sent = response(("x-a", "1"))

    assert outcome(config, (0, sent)) == (("x-by", "cattery"),)
    assert outcome(config, (0, sent), (1, sent)) == (("x-by", "cattery"), ("x-a", "1"))
    assert outcome(config) == ()
