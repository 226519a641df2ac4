"""What keeps the platform's commands from starting is told in a line, before anything runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import DEADLINE_SECONDS


def refused(*arguments: str, **environment: str) -> str:
    """What a command says that is expected to end with 2; in a process of its own, whose logging it sets up."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", "from subgraphs.cli import app; app()", *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **environment},
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_file_in_the_place_of_the_data_folder(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("")

    assert "Data cannot be kept in" in refused("up", "--port", "0", "--data-dir", str(file))


@pytest.mark.parametrize("command", [["up"], ["subgraph", "orders"]])
def test_a_port_that_there_cannot_be(command: list[str]) -> None:
    assert "less than or equal to 65535" in refused(*command, "--port", "65536")


@pytest.mark.parametrize("command", [["up"], ["database", "upgrade", "orders"]])
def test_one_database_for_all(command: list[str], tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'all'}"

    assert "must hold {service}" in refused(*command, CATTERY_DATABASE_URL=url)
    assert not (tmp_path / "all").exists()
