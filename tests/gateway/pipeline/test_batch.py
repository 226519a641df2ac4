"""Lists of requests: how many are worked on at once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from gateway.pipeline.request import GraphQLRequest
from tests.support.pipelines import a_setting


@pytest.mark.parametrize(("concurrency", "at_once"), [(1, 1), (3, 3), (20, 5)])
async def test_queries_run_together_up_to_a_number(
    tmp_path: Path, concurrency: int, at_once: int
) -> None:
    async with a_setting(tmp_path, limits={"batch_concurrency": concurrency}) as (setting, _):
        await setting.ask("{ reviewCount }")
        setting.reviews.requests.clear()
        setting.gate.clear()
        requests = [GraphQLRequest(query="{ reviewCount }")] * 5
        answering = asyncio.create_task(
            setting.pipeline.answer_list(requests, setting.a_caller("all"))
        )
        for _ in range(50):
            await asyncio.sleep(0)
        begun = len(setting.reviews.requests)
        setting.gate.set()
        answer = await answering

    assert begun == at_once
    assert json.loads(answer.body) == [{"data": {"reviewCount": 4}}] * 5
