"""The README's tour, run as it is written: its shell blocks one after another, each answer against the one it shows."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.platform import CATTERY, running_platform
from tests.support.waiting import DEADLINE_SECONDS

from .stories import wait_for_the_demo

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_BLOCK = re.compile(r"```sh\n(?P<script>.*?)```\n(?:```json\n(?P<answer>.*?)```)?", re.DOTALL)
_VOLATILE = frozenset({"id"})
_MARK = "---answered---"


def read_tour() -> list[tuple[str, Any]]:
    """Return the tour's scripts and the answers shown below them; ``None`` where none is shown."""
    text = README.read_text()
    return [
        (found["script"], None if found["answer"] is None else json.loads(found["answer"]))
        for found in _BLOCK.finditer(text)
    ]


def same(shown: Any, got: Any, key: str = "") -> bool:
    """Whether an answer is the one shown, but for identifiers."""
    match shown, got:
        case dict(), dict():
            return shown.keys() == got.keys() and all(same(shown[k], got[k], k) for k in shown)
        case list(), list():
            return len(shown) == len(got) and all(map(same, shown, got))
    return key in _VOLATILE or bool(shown == got)


async def test_the_tour_goes_as_the_readme_says(tmp_path: Path) -> None:
    tour = read_tour()
    script = "set -euo pipefail\n" + f"echo {_MARK}\n".join(block for block, _ in tour)

    async with running_platform(tmp_path) as platform:
        # Who reads is slower than any platform; who runs a script may be faster.
        await wait_for_the_demo(platform)
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", script.replace("http://localhost:4000", platform.url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(2 * DEADLINE_SECONDS):
                output, problems = await process.communicate()
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            output, problems = await process.communicate()
            pytest.fail(f"the tour hangs: {output.decode()} {problems.decode()}")

    assert process.returncode == 0, problems.decode()
    answers = output.decode().split(_MARK)
    for (block, shown), answer in zip(tour, answers, strict=True):
        if shown is not None:
            got = json.loads(answer)
            assert same(shown, got), f"{block}\nshows {shown}\nbut gives {got}"


def test_the_tour_shows_its_answers() -> None:
    answers = [answer for _, answer in read_tour() if answer is not None]

    assert len(answers) >= 5


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text())))
)
def test_the_readmes_links_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`cattery (\w+)", README.read_text()))))
async def test_the_readmes_commands_explain_themselves(command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        CATTERY, command, "--help",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()

    assert process.returncode == 0
    assert b"Usage" in output
