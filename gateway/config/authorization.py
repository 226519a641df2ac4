"""Reads how authorization directives are enforced, and whom policies allow."""

from __future__ import annotations

from gateway.errors import ConfigInvalid

from .reader import Section
from .settings import AuthorizationConfig, AuthorizationMode, PolicyRule


def read_authorization(section: Section) -> AuthorizationConfig:
    """Read the section ``authorization``.

    Raises:
        ConfigInvalid: a policy says nothing about whom it allows, or something cannot be read.
    """
    default = AuthorizationConfig()
    policies = section.section("policies")
    config = AuthorizationConfig(
        mode=section.choice("mode", AuthorizationMode, default.mode),
        scopes_claim=section.text("scopes_claim", default.scopes_claim),
        policies=tuple((name, _read_policy(policies.section(name))) for name in policies.names()),
    )
    section.close()
    return config


def _read_policy(section: Section) -> PolicyRule:
    claims = section.section("claims")
    rule = PolicyRule(
        roles=section.texts("roles", ()),
        claims=tuple((name, claims.texts(name, ())) for name in claims.names()),
    )
    section.close()
    for name, values in rule.claims:
        if not values:
            raise ConfigInvalid(f"{claims.at(name)} must have values.")
    if not rule.roles and not rule.claims:
        raise ConfigInvalid(
            f"{section.path} must have roles or claims. A policy that nobody meets can be left out."
        )
    return rule
