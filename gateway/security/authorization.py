"""Decides which requirements of a supergraph a caller does not meet.

Nobody in particular, without a verified token, meets none but those that ask for nothing. What is not met is denied
before planning (``operations/normalize``), so that it is never fetched.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.config.settings import AuthorizationConfig
from gateway.supergraph.auth_conditions import Condition
from gateway.supergraph.authorization import AuthRules, Requirement
from shared.logging import get_logger

from .identity import Identity
from .policies import PolicyJudge

_DEFAULT_CLAIMS = ("scope", "scp")
_MOST_KEPT = 4096
"""How many decisions are kept before all are made anew: most graphs have a few dozen kinds of callers."""

_NOTHING: frozenset[str] = frozenset()

_log = get_logger(__name__)


class _Rights(NamedTuple):
    """What tells callers apart; people with equal rights are answered by the same plans."""

    asked: int
    is_authenticated: bool
    scopes: frozenset[str]
    granted: frozenset[str]


class Authorization:
    """The requirements of one supergraph, and who meets them.

    Args:
        rules: the requirements.
        config: where scopes are found.
        judge: knows what policies mean.
    """

    def __init__(self, rules: AuthRules, config: AuthorizationConfig, judge: PolicyJudge) -> None:
        self._rules = rules
        self._claims = (config.scopes_claim,) if config.scopes_claim else _DEFAULT_CLAIMS
        self._judge = judge
        self._decided: dict[_Rights, frozenset[Requirement]] = {}
        self._policies: dict[int, frozenset[str]] = {}

    async def find_unmet(self, asked: int, identity: Identity | None) -> frozenset[Requirement]:
        """Return the requirements in the mask ``asked`` that a caller does not meet; equal ones are one object."""
        policies = self._policies_in(asked)
        granted = await self._judge.grant(policies, identity) if policies else _NOTHING
        scopes = _NOTHING if identity is None else read_scopes(identity, self._claims)
        rights = _Rights(asked, identity is not None, scopes, granted & policies)
        unmet = self._decided.get(rights)
        if unmet is None:
            if len(self._decided) >= _MOST_KEPT:
                self._decided.clear()
            unmet = self._decided[rights] = self._decide(rights)
        return unmet

    def _decide(self, rights: _Rights) -> frozenset[Requirement]:
        unmet = frozenset(
            requirement
            for requirement in self._rules.of_mask(rights.asked)
            if (requirement.is_authenticated and not rights.is_authenticated)
            or not is_met(requirement.scopes, rights.scopes)
            or not is_met(requirement.policies, rights.granted)
        )
        return self._rules.as_one(unmet)

    def _policies_in(self, asked: int) -> frozenset[str]:
        found = self._policies.get(asked)
        if found is None:
            if len(self._policies) >= _MOST_KEPT:
                self._policies.clear()
            found = _NOTHING.union(*(each.policy_names for each in self._rules.of_mask(asked)))
            self._policies[asked] = found
        return found


def is_met(condition: Condition, names: frozenset[str]) -> bool:
    """Whether somebody who has these names meets a condition; an empty one asks for nothing."""
    return not condition or any(names.issuperset(needed) for needed in condition)


def read_scopes(identity: Identity, claims: tuple[str, ...]) -> frozenset[str]:
    """Return a caller's scopes, from all of ``claims``: texts with spaces between scopes, or lists of scopes."""
    found: list[str] = []
    for name in claims:
        value = identity.claims.get(name)
        if isinstance(value, str):
            found += value.split()
        elif isinstance(value, list):
            found += [scope for scope in value if isinstance(scope, str)]
    return frozenset(found)


def warn_of_gaps(rules: AuthRules, config: AuthorizationConfig, *, has_identity: bool) -> None:
    """Log what a supergraph asks for that nobody can ever meet."""
    if not rules.all:
        return
    if not has_identity:
        _log.warning(
            "authorization_without_identity",
            reason="The supergraph protects fields, and without identity no token is verified:"
            " they are refused to everybody.",
        )
    known = {name for name, _ in config.policies}
    unknown = sorted({name for each in rules.all for name in each.policy_names} - known)
    if unknown:
        _log.warning(
            "policies_without_answer",
            policies=unknown[:20],
            reason="The supergraph has policies that authorization.policies does not: they never hold.",
        )
