"""Decides which requirements of a supergraph a caller does not meet.

Nobody in particular, without a verified token, meets none but those that ask for nothing. What is not met is denied
before planning (``operations/normalize``), so that it is never fetched.
"""

from __future__ import annotations

from functools import lru_cache

from gateway.config.settings import AuthorizationConfig
from gateway.supergraph.auth_conditions import Condition
from gateway.supergraph.authorization import AuthRules, Requirement
from shared.logging import get_logger

from .identity import Identity
from .policies import PolicyJudge

_DEFAULT_CLAIMS = ("scope", "scp")
_MOST_KEPT = 4096
_NOTHING: frozenset[str] = frozenset()

_log = get_logger(__name__)


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
        # By what tells callers apart for the operation, not by caller: people with equal rights share plans.
        self._unmet = lru_cache(_MOST_KEPT)(self._find_unmet)
        self._policies_in = lru_cache(_MOST_KEPT)(self._find_policies)

    async def find_unmet(self, asked: int, identity: Identity | None) -> frozenset[Requirement]:
        """Return the requirements in the mask ``asked`` that a caller does not meet; equal ones are one object."""
        policies = self._policies_in(asked)
        granted = await self._judge.grant(policies, identity) if policies else _NOTHING
        if identity is None:
            return self._unmet(asked, _NOTHING, granted & policies, is_authenticated=False)
        scopes = read_scopes(identity, self._claims)
        return self._unmet(asked, scopes, granted & policies, is_authenticated=True)

    def _find_unmet(
        self,
        asked: int,
        scopes: frozenset[str],
        granted: frozenset[str],
        *,
        is_authenticated: bool,
    ) -> frozenset[Requirement]:
        return frozenset(
            requirement
            for requirement in self._rules.of_mask(asked)
            if (requirement.is_authenticated and not is_authenticated)
            or not is_met(requirement.scopes, scopes)
            or not is_met(requirement.policies, granted)
        )

    def _find_policies(self, asked: int) -> frozenset[str]:
        return _NOTHING.union(*(each.policy_names for each in self._rules.of_mask(asked)))


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
