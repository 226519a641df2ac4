"""What docs/hiring.md tells people to do works as it stands."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from sqlalchemy import select

from subgraphs.hiring.models import Application
from subgraphs.hiring.questions import parse_questions
from tests.support.service import RunningService
from tests.support.serving import serving_http
from tests.support.waiting import DEADLINE_SECONDS

PAGE = (Path(__file__).parents[3] / "docs" / "hiring.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_documented_script_applies(hiring: RunningService) -> None:
    async with serving_http(hiring.app) as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            block("python"),
            f"{url}/graphql",
            "tom@cats.test",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(DEADLINE_SECONDS):
            output, problems = await process.communicate()

    assert (process.returncode, problems) == (0, b"")
    assert b"SUBMITTED" in output
    async with hiring.database.reading() as session:
        assert list(await session.scalars(select(Application.contact))) == ["tom@cats.test"]


def test_the_documented_questions_follow_the_format() -> None:
    questions = parse_questions(block("json"), traits=["thorough", "polite"])

    assert [question.id for question in questions] == ["order", "tools", "door"]
