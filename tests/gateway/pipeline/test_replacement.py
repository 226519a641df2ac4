"""One pipeline takes the place of another: nothing that clients rely on is lost, and none is given what is old."""

from __future__ import annotations

import asyncio
import gc
import weakref
from pathlib import Path

import pytest

from gateway.pipeline.answer import Answer, Outcome
from gateway.pipeline.known_operations import WarmUp
from gateway.pipeline.request import GraphQLRequest
from tests.support.pipelines import Setting, a_setting
from tests.support.waiting import until

SHARED = {"coalesce_queries": True}
QUERY = "query Count { reviewCount }"
RENAME = 'mutation { rename(id: "1", name: "x") { id } }'


async def start(setting: Setting) -> asyncio.Task[Answer]:
    """A query that is on its way to the subgraph, or has joined one that is."""
    setting.reviews.asked.clear()
    task = asyncio.create_task(setting.ask(QUERY))
    for _ in range(20):
        await asyncio.sleep(0)
    return task


async def test_nobody_joins_an_execution_on_the_pipeline_before(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        await setting.ask(QUERY)
        setting.gate.clear()
        before = await start(setting)
        setting.replace()
        await setting.ask(RENAME)  # plans nothing of what is asked next
        after = await start(setting)
        setting.gate.set()
        answers = await asyncio.gather(before, after)

    assert [answer.outcome for answer in answers] == [Outcome.COMPLETE] * 2
    assert setting.metric("cattery_gateway_coalesced_requests_total") == 0


@pytest.mark.parametrize("is_old", [True, False])
async def test_a_mutation_on_either_disperses_both(tmp_path: Path, is_old: bool) -> None:
    """What is joined after the write must not have been read before it, whichever pipeline wrote."""
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        await setting.ask(QUERY)
        old = setting.replace()
        await setting.ask(QUERY)
        new = setting.pipeline
        setting.gate.clear()
        setting.pipeline = new if is_old else old
        reading = await start(setting)
        writer = old if is_old else new
        await writer.answer(GraphQLRequest(query=RENAME), setting.a_caller(RENAME))
        late = await start(setting)
        setting.gate.set()
        await asyncio.gather(reading, late)

    assert setting.metric("cattery_gateway_coalesced_requests_total") == 0


async def test_what_is_used_most_is_planned_first(tmp_path: Path) -> None:
    async with a_setting(tmp_path, watch={"enabled": True}) as (setting, _):
        for query, times in (("{ a: reviewCount }", 1), ("{ b: reviewCount }", 3), (QUERY, 2)):
            for _ in range(times):
                await setting.ask(query)
        old = setting.replace()
        keys = old.most_used_plans(2)
        result = setting.pipeline.warm_up(keys, seconds=10)
        misses = setting.metric('cattery_gateway_plan_cache_total{result="miss"}')
        await setting.ask("{ b: reviewCount }")
        await setting.ask(QUERY)
        same = setting.metric('cattery_gateway_plan_cache_total{result="miss"}')
        order = setting.pipeline.most_used_plans(2)

    assert [key[0][0] for key in keys] == ["{ b: reviewCount }", QUERY]
    assert result == WarmUp(planned=2, refused=0)
    assert same == misses
    assert {key[0][0] for key in order} == {"{ b: reviewCount }", QUERY}


async def test_there_is_an_end_to_planning_beforehand(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, _):
        await setting.ask(QUERY)
        keys = setting.replace().most_used_plans(5)

    assert setting.pipeline.warm_up(keys, seconds=0) == WarmUp(planned=0, refused=0)


async def test_what_is_not_valid_any_more_is_passed_over(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as (setting, _):
        await setting.ask(QUERY)
        (key,) = setting.replace().most_used_plans(5)
        gone = (("{ gone }", None), *key[1:])

    assert setting.pipeline.warm_up([gone, key], seconds=10) == WarmUp(planned=1, refused=1)


async def test_a_pipeline_that_nobody_uses_goes_by_itself(tmp_path: Path) -> None:
    """No collector has to find it: its connections are closed when it goes."""
    gc.disable()
    try:
        async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
            await setting.ask(QUERY)
            await setting.ask("{ nope }")
            await setting.ask(RENAME)
            old = weakref.ref(setting.replace())

            async def is_gone() -> bool:
                return old() is None

            await until(is_gone)
    finally:
        gc.enable()
