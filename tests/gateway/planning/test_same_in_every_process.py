"""Plans, and the reasons given for them, are the same in every process: nothing in them follows the order of a set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import DEADLINE_SECONDS

ROOT = Path(__file__).parents[3]


def test_plans_of_two_processes_are_equal_to_the_byte() -> None:
    command = [sys.executable, "-m", "tests.support.plan_data"]

    processes = [
        subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2")
    ]
    first, second = (process.communicate(timeout=DEADLINE_SECONDS)[0] for process in processes)

    assert [process.returncode for process in processes] == [0, 0]
    assert b"Deferred(" in first
    assert first == second
