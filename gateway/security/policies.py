"""Answers policies: names that ``@policy`` has, whose meaning is the operator's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.config.settings import PolicyRule

from .identity import Identity


class PolicyJudge(Protocol):
    """Whoever knows what policies mean."""

    async def grant(self, policies: frozenset[str], identity: Identity | None) -> frozenset[str]:
        """Return those of ``policies`` that hold for a caller; one that it does not know does not."""
        ...


class ConfiguredPolicies:
    """Policies as the configuration has them: by roles and claims of a verified token."""

    def __init__(self, rules: Mapping[str, PolicyRule]) -> None:
        self._rules = rules

    async def grant(self, policies: frozenset[str], identity: Identity | None) -> frozenset[str]:
        """Return those of ``policies`` that hold for a caller; for nobody in particular none does."""
        if identity is None:
            return frozenset()
        return frozenset(
            name
            for name in policies
            if (rule := self._rules.get(name)) is not None and _fits(rule, identity)
        )


def _fits(rule: PolicyRule, identity: Identity) -> bool:
    if rule.roles and identity.roles.isdisjoint(rule.roles):
        return False
    return all(
        not texts_of_claim(identity.claims.get(name)).isdisjoint(values)
        for name, values in rule.claims
    )


def texts_of_claim(value: object) -> frozenset[str]:
    """Return the values of a claim as texts: of a list those in it, of numbers and flags what JSON writes."""
    if isinstance(value, list):
        return frozenset(text for item in value for text in texts_of_claim(item))
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    if isinstance(value, str | int):
        return frozenset({str(value)})
    return frozenset()
