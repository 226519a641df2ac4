"""Help: every command teaches by examples."""

from __future__ import annotations

import pytest

from tests.support.commands import invoke
from tests.support.processes import run_cattery

COMMANDS = ("gateway", "compose", "plan", "diff")


def test_the_overview_names_the_commands() -> None:
    done = run_cattery("--help")

    assert done.returncode == 0
    assert [command for command in COMMANDS if f" {command} " not in done.stdout] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples(command: str) -> None:
    done = invoke(command, "--help")

    assert done.returncode == 0
    assert f"cattery {command} " in done.stdout
