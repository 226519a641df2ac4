"""The operator's commands, on the same database as the service."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shared.demo import demo_id
from subgraphs.accounts.cli import app
from tests.support.service import running_service

from .callers import ENVIRONMENT, AccountsService

ACCEPT = 'mutation ($t: String!) { acceptInvite(token: $t, password: "a long password") { accessToken } }'
RESET = 'mutation ($t: String!) { resetPassword(token: $t, password: "a long password") { accessToken } }'
CREATE = """
mutation {
  createStaffAccount(email: "new@demo.test", displayName: "New", roles: [MANAGER], key: "k") { id }
}
"""


@pytest.fixture
def folder(tmp_path: Path, seeded_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(seeded_file, tmp_path / seeded_file.name)
    monkeypatch.setenv("CATTERY_DATA_DIR", str(tmp_path))
    # An operator's shell knows where the data are, not where services answer.
    monkeypatch.delenv("CATTERY_ACCOUNTS_URL", raising=False)
    return tmp_path


def ask(
    folder: Path, operation: str, *, as_admin: bool = False, **variables: str
) -> dict[str, Any]:
    """Start the service, send one operation, stop it."""

    async def run() -> dict[str, Any]:
        async with running_service("accounts", folder, ENVIRONMENT) as service:
            accounts = AccountsService(service)
            token = (await accounts.log_in("admin@demo.test"))["accessToken"] if as_admin else None
            return await accounts.fetch(operation, variables, token=token)

    return asyncio.run(run())


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_an_invite_is_printed_and_works(folder: Path) -> None:
    created = ask(folder, CREATE, as_admin=True)["createStaffAccount"]

    by_id = run("invite-link", created["id"])
    by_email = run("invite-link", "NEW@demo.test")

    assert by_id != by_email
    assert ask(folder, ACCEPT, t=by_email)["acceptInvite"]["accessToken"]


def test_a_reset_is_requested_listed_printed_and_works(folder: Path) -> None:
    ask(folder, 'mutation { requestPasswordReset(email: "client@demo.test") }')

    listed = run("reset-requests")
    token = run("reset-link", "client@demo.test")

    assert "client@demo.test" in listed
    assert str(demo_id("client")) in listed
    assert "client@demo.test" not in run("reset-requests")
    assert ask(folder, RESET, t=token)["resetPassword"]["accessToken"]


def test_the_keys_are_listed(folder: Path) -> None:
    assert "signs from" in run("keys")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("invite-link", "nobody@demo.test"), "Nobody has the e-mail"),
        (("invite-link", "00000000-0000-4000-8000-000000000000"), "There is no such account"),
        (("invite-link", "client@demo.test"), "needs no invite"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, arguments: tuple[str, ...], problem: str
) -> None:
    result = CliRunner().invoke(app, list(arguments))

    assert result.exit_code == 1
    assert problem in result.stderr.replace("\n", " ")
    assert result.stdout == ""
