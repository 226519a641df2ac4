"""Callers against requirements: scopes, roles, policies; and what is logged of those that nobody can meet."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.config.settings import AuthorizationConfig, PolicyRule
from gateway.security.authorization import (
    Authorization,
    is_met,
    read_scopes,
    warn_of_gaps,
)
from gateway.security.identity import Identity
from gateway.security.policies import ConfiguredPolicies, texts_of_claim
from gateway.supergraph.auth_conditions import Condition, conjunction, implies
from gateway.supergraph.authorization import AuthRules, Requirement, auth_rules_of
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import supergraph_sdl_of

NAMES = "abcd"
WORLDS = [frozenset(one) for one in chain.from_iterable(combinations(NAMES, n) for n in range(5))]
conditions = st.lists(
    st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple), max_size=3
).map(tuple)

SDL = """type Query {
  open: Int
  known: Int @authenticated
  scoped: Int @requiresScopes(scopes: [["a", "b"], ["c"]])
  ruled: Int @policy(policies: [["p"], ["q", "r"]])
}"""


def somebody(roles: frozenset[str] = frozenset(), **claims: object) -> Identity:
    return Identity("alice", None, 0.0, claims, roles)


def rules() -> AuthRules:
    return auth_rules_of(load_supergraph(supergraph_sdl_of(a=SDL)))


def authorization(**policies: PolicyRule) -> Authorization:
    return Authorization(rules(), AuthorizationConfig(), ConfiguredPolicies(policies))


async def kinds(by: Authorization, identity: Identity | None) -> set[str]:
    """Which of the three directives somebody does not meet."""
    known = rules()
    unmet = await by.find_unmet(known.mask_of(known.all), identity)
    return {
        "authenticated" if each.is_authenticated else "scopes" if each.scopes else "policies"
        for each in unmet
    }


@given(conditions, st.sampled_from(WORLDS), st.sampled_from(WORLDS))
def test_more_names_meet_no_less(
    condition: Condition, some: frozenset[str], more: frozenset[str]
) -> None:
    assert is_met(condition, some | more) or not is_met(condition, some)


@given(st.lists(conditions, max_size=3), st.sampled_from(WORLDS))
def test_all_conditions_are_met_when_their_conjunction_is(
    given_conditions: list[Condition], names: frozenset[str]
) -> None:
    assert is_met(conjunction(given_conditions), names) == all(
        is_met(condition, names) for condition in given_conditions
    )


@given(conditions, conditions)
def test_whoever_meets_the_stronger_condition_meets_the_weaker(
    stronger: Condition, weaker: Condition
) -> None:
    follows = all(is_met(weaker, names) for names in WORLDS if is_met(stronger, names))

    assert implies(stronger, weaker) == follows


async def test_nobody_in_particular_meets_nothing() -> None:
    assert await kinds(authorization(p=PolicyRule(roles=("R",))), None) == {
        "authenticated",
        "scopes",
        "policies",
    }


@pytest.mark.parametrize(
    ("scope", "unmet"),
    [("", {"scopes"}), ("a", {"scopes"}), ("b c", set()), ("b a", set()), ("ab", {"scopes"})],
)
async def test_one_alternative_has_to_be_met_whole(scope: str, unmet: set[str]) -> None:
    met = authorization(p=PolicyRule(roles=("R",)))

    assert await kinds(met, somebody(frozenset({"R"}), scope=scope)) == unmet


async def test_policies_without_a_rule_never_hold() -> None:
    with_q = authorization(q=PolicyRule(roles=("R",)))
    with_both = authorization(q=PolicyRule(roles=("R",)), r=PolicyRule(claims=(("x", ("1",)),)))
    caller = somebody(frozenset({"R"}), scope="c", x=1)

    assert await kinds(with_q, caller) == {"policies"}
    assert await kinds(with_both, caller) == set()


async def test_only_what_is_asked_for_is_looked_at() -> None:
    known = rules()
    asked = known.of_selection("Query", "known")

    unmet = await authorization().find_unmet(asked, None)

    assert unmet == {Requirement(is_authenticated=True, scopes=(), policies=())}
    assert await authorization().find_unmet(0, None) == set()


async def test_equal_rights_are_one_object() -> None:
    by = authorization()
    mask = rules().mask_of(rules().all)

    one = await by.find_unmet(mask, somebody(scope="a b"))
    other = await by.find_unmet(mask, somebody(scope="b a", sub="bob"))

    assert one is other


async def test_a_judge_grants_nothing_that_it_was_not_asked_for() -> None:
    class Generous:
        async def grant(
            self, policies: frozenset[str], identity: Identity | None
        ) -> frozenset[str]:
            return policies | {"more"}

    by = Authorization(rules(), AuthorizationConfig(), Generous())

    assert await kinds(by, None) == {"authenticated", "scopes"}


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({}, ""),
        ({"scope": "a  b\tc"}, "abc"),
        ({"scope": ["a", "b c", 7, None]}, ["a", "b c"]),
        ({"scope": {"a": True}}, ""),
        ({"scope": True, "scp": "d"}, "d"),
    ],
)
def test_scopes_are_texts(claims: dict[str, Any], found: str | list[str]) -> None:
    assert read_scopes(somebody(**claims), ("scope", "scp")) == set(found)


def test_claims_of_policies_are_compared_as_texts() -> None:
    assert texts_of_claim(["a", 1, True, None, {"b": 1}, ["c"]]) == {"a", "1", "true", "c"}
    assert texts_of_claim(None) == set()
    assert texts_of_claim(1.5) == set()


def test_what_nobody_can_meet_is_logged_at_the_start() -> None:
    with capture_logs() as lines:
        warn_of_gaps(rules(), AuthorizationConfig(), has_identity=False)
        warn_of_gaps(
            rules(),
            AuthorizationConfig(policies=tuple((n, PolicyRule(roles=("R",))) for n in "pqr")),
            has_identity=True,
        )
        warn_of_gaps(
            auth_rules_of(load_supergraph(supergraph_sdl_of(a="type Query { n: Int }"))),
            AuthorizationConfig(),
            has_identity=False,
        )

    assert [line["event"] for line in lines] == [
        "authorization_without_identity",
        "policies_without_answer",
    ]
    assert lines[1]["policies"] == ["p", "q", "r"]
