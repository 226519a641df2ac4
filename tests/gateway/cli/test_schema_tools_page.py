"""The page about schema tools is run: its files are written, its commands executed, its output compared."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.schema_changes import ChangeCode, Severity
from gateway.schema_changes.change import SEVERITIES
from tests.support.processes import ROOT

PAGE = (ROOT / "docs" / "schema-tools.md").read_text()
EXAMPLE = PAGE.partition("## A worked example")[2].partition("\n## Compose")[0]
CONTRACTS = PAGE.partition("## Contracts")[2].partition("\n## Changes")[0]
_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\[exit code (\d)\]")


def blocks(text: str) -> list[tuple[str, str, str]]:
    return [(kind, name, body) for kind, name, body in _BLOCK.findall(text)]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of the page in a shell where ``cattery`` is ours."""
    program = f"{sys.executable} -c 'from gateway.cli import app; app()'"
    return subprocess.run(  # noqa: S603 - the page's own commands
        ["/bin/bash", "-c", f'cattery() {{ {program} "$@"; }}\n{command}'],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_output(shown: str, real: str) -> None:
    """Compare line by line; ``…`` stands for anything in a line, alone in a line for any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in shown.splitlines()
    )
    assert re.fullmatch(pattern, real), f"{shown}\n---\n{real}"


def run_console(body: str, folder: Path) -> None:
    for entry in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = entry.partition("\n")
        code = _EXIT.search(shown)
        done = run(command, folder)
        assert done.returncode == (int(code[1]) if code else 0), done.stderr
        assert_output(_EXIT.sub("", shown).rstrip("\n"), done.stdout)


def test_the_worked_example_works(tmp_path: Path) -> None:
    for kind, name, body in blocks(EXAMPLE):
        if name:
            (tmp_path / name).write_text(body)
        elif kind == "console":
            run_console(body, tmp_path)

    assert "margin" in (tmp_path / "api.graphql").read_text()


def test_commands_about_contracts_work(tmp_path: Path) -> None:
    for _, name, body in blocks(EXAMPLE):
        if name:
            (tmp_path / name).write_text(body)
    assert run("cattery compose -c supergraph.yaml -o supergraph.graphql", tmp_path).returncode == 0

    for kind, _, body in blocks(CONTRACTS):
        if kind == "console":
            run_console(body, tmp_path)

    served = (tmp_path / "public.graphql").read_text()
    assert re.search(r'margin: Int .*@tag\(name: "internal"\) @inaccessible\n', served)


@pytest.mark.parametrize("severity", Severity)
def test_every_change_code_is_listed_under_its_severity(severity: Severity) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| **{severity}**")]

    shown = set(re.findall(r"`([A-Z_]+)`", row))
    assert shown == {code for code in ChangeCode if SEVERITIES[code] is severity}
