"""The peers' programs: installed from npm into a folder of their own, run with the machine's Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = Path(__file__).parents[3] / ".conformance"
"""What is installed stays here between runs; git ignores it."""


def install_peers() -> Path:
    """Install the peers if their versions are not there yet, and return the folder to run them in."""
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} cannot be found. The peers need Node.js 20 or later.")
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    installed = FOLDER / "package.json"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != wanted:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "package.json").unlink(missing_ok=True)
        fresh = FOLDER / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        (fresh / "package.json").write_text(wanted, encoding="utf-8")
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps", "--silent"],  # noqa: S607
            cwd=fresh,
            check=True,
        )
        shutil.rmtree(FOLDER / "node_modules", ignore_errors=True)
        (fresh / "node_modules").rename(FOLDER / "node_modules")
        # Last, so that an installation that broke off is not taken for one that is complete.
        installed.write_text(wanted, encoding="utf-8")
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, FOLDER / script.name)
    return FOLDER


def run_lines(folder: Path, script: str, lines: Iterable[object]) -> list[dict[str, object]]:
    """Run a script that answers each JSON line with one."""
    done = subprocess.run(  # noqa: S603 - a script of ours
        ["node", script],  # noqa: S607
        cwd=folder,
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]
