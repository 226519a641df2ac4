"""The section ``authorization``."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import GatewayConfig, load_config
from gateway.config.settings import AuthorizationConfig, AuthorizationMode, PolicyRule
from gateway.errors import ConfigInvalid


def load(folder: Path, section: str, **environment: str) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    path.write_text(
        "subgraphs: {a: {routing_url: 'http://a.test', schema: {sdl: 'type Query'}}}\n"
        f"gateway: {{authorization: {section}}}\n"
    )
    return load_config(config=path, environment=environment)


def test_policies_go_by_roles_and_claims(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "{mode: reject, scopes_claim: permissions, policies: {'team:read': {roles: [A, B], claims: "
        "{department: [it, hr], inside: ['true']}}, other: {roles: [C]}}}",
    )

    assert config.authorization == AuthorizationConfig(
        mode=AuthorizationMode.REJECT,
        scopes_claim="permissions",
        policies=(
            (
                "team:read",
                PolicyRule(
                    roles=("A", "B"),
                    claims=(("department", ("it", "hr")), ("inside", ("true",))),
                ),
            ),
            ("other", PolicyRule(roles=("C",))),
        ),
    )


def test_the_mode_can_come_from_the_environment(tmp_path: Path) -> None:
    config = load(tmp_path, "{}", CATTERY_GATEWAY_AUTHORIZATION_MODE="reject")

    assert config.authorization.mode is AuthorizationMode.REJECT


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("{mode: ignore}", r"authorization\.mode must be one of filter, reject"),
        ("{scopes_claim: ''}", r"authorization\.scopes_claim must be text"),
        ("{policies: [a]}", r"authorization\.policies must be a mapping"),
        ("{policies: {p: {}}}", r"authorization\.policies\.p must have roles or claims"),
        ("{policies: {p: {roles: []}}}", r"authorization\.policies\.p must have roles or claims"),
        ("{policies: {p: {claims: {c: []}}}}", r"authorization\.policies\.p\.claims\.c must have values"),
        ("{policies: {p: {role: [A]}}}", r"authorization\.policies\.p\.role is no setting"),
        ("{policies: {p: {claims: {c: [true]}}}}", r"claims\.c must be a list of texts, not true"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(tmp_path: Path, section: str, problem: str) -> None:
    with pytest.raises(ConfigInvalid, match=problem):
        load(tmp_path, section)
