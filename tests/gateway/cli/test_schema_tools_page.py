"""The page about schema tools is run: its files are written, its commands executed, its output compared."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from gateway.schema_changes import ChangeCode, Severity
from gateway.schema_changes.change import SEVERITIES
from tests.support.commands import Done, invoke
from tests.support.processes import ROOT
from tests.support.waiting import DEADLINE_SECONDS

PAGE = (ROOT / "docs" / "schema-tools.md").read_text()
EXAMPLE = PAGE.partition("## A worked example")[2].partition("\n## Compose")[0]
CONTRACTS = PAGE.partition("## Contracts")[2].partition("\n## Changes")[0]
_BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\[exit code (\d)\]")


def blocks(text: str) -> list[tuple[str, str, str]]:
    return [(kind, name, body) for kind, name, body in _BLOCK.findall(text)]


def run(command: str) -> Done:
    """Run a line of the page where its files are."""
    words = shlex.split(command)
    if words[0] == "cattery":
        return invoke(*words[1:])
    done = subprocess.run(  # noqa: S603 - the page's own
        words, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def assert_output(shown: str, real: str) -> None:
    """Compare line by line; ``…`` stands for anything in a line, alone in a line for any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in shown.splitlines()
    )
    assert re.fullmatch(pattern, real), f"{shown}\n---\n{real}"


def run_console(body: str) -> None:
    for entry in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = entry.partition("\n")
        code = _EXIT.search(shown)
        done = run(command)
        assert done.returncode == (int(code[1]) if code else 0), done.stderr
        assert_output(_EXIT.sub("", shown).rstrip("\n"), done.stdout)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the files of the example."""
    for _, name, body in blocks(EXAMPLE):
        if name:
            (tmp_path / name).write_text(body)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_worked_example_works(folder: Path) -> None:
    for kind, _, body in blocks(EXAMPLE):
        if kind == "console":
            run_console(body)

    assert "margin" in (folder / "api.graphql").read_text()


def test_commands_about_contracts_work(folder: Path) -> None:
    assert run("cattery compose -c supergraph.yaml -o supergraph.graphql").returncode == 0

    for kind, _, body in blocks(CONTRACTS):
        if kind == "console":
            run_console(body)

    served = (folder / "public.graphql").read_text()
    assert re.search(r'margin: Int .*@tag\(name: "internal"\) @inaccessible\n', served)


@pytest.mark.parametrize("severity", Severity)
def test_every_change_code_is_listed_under_its_severity(severity: Severity) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| **{severity}**")]

    shown = set(re.findall(r"`([A-Z_]+)`", row))
    assert shown == {code for code in ChangeCode if SEVERITIES[code] is severity}
