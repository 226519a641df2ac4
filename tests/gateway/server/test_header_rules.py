"""Rules for headers: what each subgraph gets of a request."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.config.headers import NEVER_FORWARDED
from gateway.config.settings import (
    HeaderRule,
    HeadersConfig,
    InsertHeader,
    PropagateHeader,
    PropagateHeaders,
    RemoveHeaders,
    SubgraphHeaders,
)
from gateway.server.header_rules import Asked, HeaderRules, compile_header_rules
from gateway.telemetry.request_record import open_record

OURS = {"x-client-ip", "x-request-id", "traceparent"}


def asked(claims: Mapping[str, object] | None = None, /, **headers: str) -> Asked:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Asked({"client": ("10.0.0.1", 1)}, named, open_record("r1", None), claims or {})


def outcome(*rules: HeaderRule, request: Asked) -> dict[str, str]:
    """Return what goes on by ``rules``, without what always does."""
    out = dict(HeaderRules(HeadersConfig(forward=(), requests=rules)).common(request))
    return {name: value for name, value in out.items() if name not in OURS | {"tracestate"}}


def test_the_list_alone_needs_no_rules() -> None:
    assert compile_header_rules(HeadersConfig()) is None


@pytest.mark.parametrize(
    ("sent", "gets"),
    [({"x_tenant": "a"}, {"tenant": "a"}), ({}, {"tenant": "all"})],
)
def test_a_header_goes_on_under_another_name_or_with_a_default(
    sent: dict[str, str], gets: dict[str, str]
) -> None:
    rule = PropagateHeader(name="x-tenant", rename="tenant", default="all")

    assert outcome(rule, request=asked({}, **sent)) == gets


def test_a_header_that_was_not_sent_and_has_no_default_does_not_go_on() -> None:
    assert outcome(PropagateHeader(name="x-a"), request=asked()) == {}


def test_an_expression_matches_whole_names_and_nothing_that_belongs_to_the_gateway() -> None:
    sent = dict.fromkeys([*NEVER_FORWARDED, *OURS, "tracestate", "x-shop", "x-shop-a", "ax-shop"])
    request = asked({}, **dict.fromkeys(sent, "client"))

    assert outcome(PropagateHeaders(matching="x-shop.*"), request=request) == {
        "x-shop": "client",
        "x-shop-a": "client",
    }
    everything = dict(
        HeaderRules(HeadersConfig(forward=(), requests=(PropagateHeaders(matching=".*"),))).common(
            request
        )
    )
    assert not everything.keys() & NEVER_FORWARDED
    assert everything["x-client-ip"] == "10.0.0.1"
    assert everything["x-request-id"] == "r1"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("alice", "alice"),
        (7, "7"),
        (True, "true"),
        (["a", "b"], "a,b"),
        (None, None),
        ({"a": 1}, None),
        ([{}], None),
    ],
)
def test_a_claim_becomes_a_header_and_what_a_client_sends_never_passes_for_it(
    claim: object, value: str | None
) -> None:
    forged = asked({"sub": claim}, x_user="forged")

    gets = outcome(
        PropagateHeaders(matching="x-.*"), InsertHeader(name="x-user", claim="sub"), request=forged
    )

    assert gets == ({} if value is None else {"x-user": value})


def test_rules_are_carried_out_in_order() -> None:
    request = asked(x_a="1", x_b="2")

    assert outcome(
        PropagateHeaders(matching="x-.*"), RemoveHeaders(name="x-a"), request=request
    ) == {"x-b": "2"}
    assert outcome(
        RemoveHeaders(matching="x-.*"), PropagateHeaders(matching="x-a"), request=request
    ) == {"x-a": "1"}


def test_a_subgraph_has_its_own_list_and_its_rules_after_those_for_all() -> None:
    rules = HeaderRules(
        HeadersConfig(
            forward=("authorization",),
            requests=(InsertHeader(name="x-from", value="cattery"),),
            subgraphs=(
                ("bank", SubgraphHeaders(forward=(), requests=(RemoveHeaders(matching="x-.*"),))),
                ("stock", SubgraphHeaders(requests=(PropagateHeader(name="x-a"),))),
            ),
        )
    )
    request = asked(authorization="Bearer t", x_a="1")

    own = rules.own(request)

    assert {name for name, _ in rules.common(request)} == {"authorization", "x-from"} | OURS
    assert {name for name, _ in own["bank"]} == {"traceparent"}
    assert dict(own["stock"])["authorization"] == "Bearer t"
    assert dict(own["stock"])["x-a"] == "1"
    assert own.get("other") is None
    assert own["stock"] is own["stock"]


def test_all_that_a_subgraph_could_get_to_see_is_relevant_to_sharing() -> None:
    rules = HeaderRules(
        HeadersConfig(
            forward=("a",),
            requests=(PropagateHeader(name="b", rename="c"),),
            subgraphs=(
                (
                    "stock",
                    SubgraphHeaders(forward=("d",), requests=(PropagateHeaders(matching="e.*"),)),
                ),
            ),
        )
    )
    sent = dict.fromkeys("abcdef", "1") | {"ef": "1"}

    assert [name for name, _ in rules.relevant(sent)] == ["a", "b", "d", "e", "ef"]
