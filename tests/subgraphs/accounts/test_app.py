"""Accounts as it starts: the first administrator, the demo, other services' way to a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.demo import demo_id
from shared.identity import Role
from shared.service_client import ServiceClient, UpstreamRefused
from shared.settings import SettingsInvalid, load_settings
from subgraphs.accounts.app import create_app
from subgraphs.accounts.errors import KeySecretWrong
from subgraphs.accounts.settings import read_accounts_settings
from tests.support.service import running_service

from .callers import ENVIRONMENT, SERVICE_SECRET, AccountsService

BARE = {**ENVIRONMENT, "CATTERY_ACCOUNTS_DEMO": "false"}
WITH_ADMIN = {
    **BARE,
    "CATTERY_ACCOUNTS_ADMIN_EMAIL": "root@example.test",
    "CATTERY_ACCOUNTS_ADMIN_PASSWORD": "the first password",
}
COUNT = "{ accounts { totalCount nodes { email } } }"


async def test_the_first_administrator_comes_from_the_environment(tmp_path: Path) -> None:
    for password in ("the first password", "another password"):
        environment = {**WITH_ADMIN, "CATTERY_ACCOUNTS_ADMIN_PASSWORD": password}
        async with running_service("accounts", tmp_path, environment) as service:
            accounts = AccountsService(service)
            tokens = await accounts.log_in("root@example.test", "the first password")
            found = await accounts.fetch(COUNT, token=tokens["accessToken"])

    assert found["accounts"] == {"totalCount": 1, "nodes": [{"email": "root@example.test"}]}


async def test_without_demo_and_administrator_nobody_is_there(tmp_path: Path) -> None:
    async with running_service("accounts", tmp_path, BARE) as service:
        answer = await AccountsService(service).execute(
            'mutation { login(email: "admin@demo.test", password: "demo-password") { accessToken } }'
        )

    assert answer.reasons == ["ACCOUNTS_INVALID_CREDENTIALS"]


async def test_the_demo_has_an_account_of_each_role_under_a_known_id(
    accounts: AccountsService,
) -> None:
    for role in Role:
        if role is not Role.INTEGRATOR:
            tokens = await accounts.log_in(role)
            me = await accounts.fetch("{ me { id roles } }", token=tokens["accessToken"])
            assert me["me"] == {"id": str(demo_id(role.lower())), "roles": [role.value]}


async def test_tokens_outlive_a_restart(tmp_path: Path) -> None:
    async with running_service("accounts", tmp_path, ENVIRONMENT) as service:
        tokens = await AccountsService(service).log_in(Role.MANAGER)

    async with running_service("accounts", tmp_path, ENVIRONMENT) as service:
        me = await AccountsService(service).fetch("{ me { id } }", token=tokens["accessToken"])

    assert me["me"]["id"] == str(demo_id("manager"))


async def test_a_wrong_key_secret_keeps_the_service_from_starting(tmp_path: Path) -> None:
    sealed = {**BARE, "CATTERY_ACCOUNTS_KEY_SECRET": "purr"}
    async with running_service("accounts", tmp_path, sealed):
        pass

    with pytest.raises(KeySecretWrong):
        async with running_service("accounts", tmp_path, BARE):
            pass


async def test_another_service_calls_with_a_token_of_its_own(accounts: AccountsService) -> None:
    environment = {
        "CATTERY_ACCOUNTS_URL": "app://accounts",
        "CATTERY_SERVICE_SECRET": SERVICE_SECRET,
    }
    client = ServiceClient("accounts", load_settings("orders", environment), accounts.service.clock)

    with pytest.raises(UpstreamRefused) as refusal:
        await client.execute("{ me { id } }", {})
    data = await client.execute("{ __typename }", {})
    await client.close()

    # It is known, and it is no person: `me` would be UNAUTHENTICATED for a stranger.
    assert refusal.value.refusal == "FORBIDDEN"
    assert data == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APPS", "no redirect uris"),
        ("APPS", "app=callback"),
        ("ARGON2_TIME_COST", "0"),
        ("SESSION_DAYS", "soon"),
        ("DEMO", "maybe"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(name: str, value: str) -> None:
    settings = load_settings(
        "accounts",
        {"CATTERY_ACCOUNTS_URL": "app://accounts", f"CATTERY_ACCOUNTS_{name}": value},
    )

    with pytest.raises(SettingsInvalid, match=f"CATTERY_ACCOUNTS_{name}"):
        read_accounts_settings(settings)


def test_the_app_is_made_without_touching_anything(tmp_path: Path) -> None:
    create_app(
        load_settings(
            "accounts",
            {
                **BARE,
                "CATTERY_ACCOUNTS_URL": "app://accounts",
                "CATTERY_DATA_DIR": str(tmp_path / "data"),
            },
        )
    )

    assert list(tmp_path.iterdir()) in ([], [tmp_path / "data"])
