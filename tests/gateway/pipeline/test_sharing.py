"""Equal queries in flight share one execution, and nobody gets what is not theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.pipeline.answer import Answer, Outcome
from gateway.pipeline.presence import Presence
from gateway.transports.errors import SubgraphUnreachable
from tests.support.pipelines import Setting, a_setting
from tests.support.waiting import DEADLINE_SECONDS

SHARED = {"coalesce_queries": True}
QUERY = "query Count { reviewCount }"


async def start(setting: Setting) -> asyncio.Task[Answer]:
    """A request that is on its way to the subgraph, or has joined one that is."""
    task = asyncio.create_task(setting.ask(QUERY))
    await setting.reviews.asked.wait()
    await settle()
    return task


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_same_bytes_go_to_all(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        waiting = [await start(setting) for _ in range(5)]
        setting.gate.set()
        answers = await asyncio.gather(*waiting)

    assert len({id(answer.body) for answer in answers}) == 1
    assert len(setting.reviews.requests) == 1
    assert setting.metric("cattery_gateway_coalesced_requests_total") == 4


@pytest.mark.parametrize(
    ("query", "variables", "who"),
    [
        ("query Count { count: reviewCount }", None, "mine"),
        (QUERY, {"n": 1}, "mine"),
        (QUERY, None, "theirs"),
    ],
    ids=["operation", "variables", "caller"],
)
async def test_what_differs_is_executed_apart(
    tmp_path: Path, query: str, variables: dict[str, object] | None, who: str
) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        await setting.ask(query)
        setting.reviews.requests.clear()
        setting.gate.clear()
        first = asyncio.create_task(setting.ask(QUERY))
        second = asyncio.create_task(setting.ask(query, variables, who=who))
        while len(setting.reviews.requests) < 2:  # noqa: ASYNC110 - the fake has no event for it
            await asyncio.sleep(0.001)
        setting.gate.set()
        await asyncio.gather(first, second)


async def test_the_records_of_all_tell_what_was_asked(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        callers = [setting.a_caller(QUERY) for _ in range(2)]
        waiting = [asyncio.create_task(setting.ask(QUERY, caller=caller)) for caller in callers]
        await setting.reviews.asked.wait()
        await settle()
        setting.gate.set()
        await asyncio.gather(*waiting)

    records = [caller.record for caller in callers]
    assert [record.operation_name for record in records] == ["Count", "Count"]
    assert [record.operation_kind for record in records] == ["query", "query"]
    assert [record.subgraph_calls for record in records] == [1, 0]
    assert [record.details for record in records] == [None, {"coalesced": True}]


async def test_errors_are_shared_as_well(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.answer = SubgraphUnreachable("Nobody is there.")
        setting.gate.clear()
        callers = [setting.a_caller(QUERY) for _ in range(3)]
        waiting = [asyncio.create_task(setting.ask(QUERY, caller=caller)) for caller in callers]
        await setting.reviews.asked.wait()
        await settle()
        setting.gate.set()
        answers = await asyncio.gather(*waiting)

    assert [answer.outcome for answer in answers] == [Outcome.PARTIAL] * 3
    assert all(list(caller.record.error_codes) == ["SUBGRAPH_UNREACHABLE"] for caller in callers)


async def test_refusals_are_shared_as_well(tmp_path: Path) -> None:
    query = "query ($n: Int) { reviewCount products(first: $n) { id } }"

    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        answers = await asyncio.gather(*(setting.ask(query, {"n": "x"}) for _ in range(3)))

    assert {answer.error_codes for answer in answers} == {("BAD_USER_INPUT",)}


async def test_one_who_joined_and_left_takes_nothing_along(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        leader, joined, other = [await start(setting) for _ in range(3)]
        joined.cancel()
        await settle()
        setting.gate.set()
        answers = await asyncio.gather(leader, other)

    assert joined.cancelled()
    assert [answer.outcome for answer in answers] == [Outcome.COMPLETE] * 2
    assert setting.reviews.cancelled == 0


async def leading(setting: Setting, query: str = QUERY) -> tuple[asyncio.Task[Answer], Presence]:
    """A request that leads, and its client."""
    gone: asyncio.Future[Presence] = asyncio.get_running_loop().create_future()

    async def run() -> Answer:
        presence = Presence(asyncio.current_task())
        gone.set_result(presence)
        return await setting.ask(query, caller=setting.a_caller(query, presence=presence))

    task = asyncio.create_task(run())
    await setting.reviews.asked.wait()
    return task, await gone


async def test_a_leader_whose_client_left_goes_on_for_the_others(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        leader, presence = await leading(setting)
        joined = await start(setting)
        presence.leave()
        await settle()
        setting.gate.set()
        answer = await joined
        await leader

    assert answer.outcome is Outcome.COMPLETE
    assert setting.reviews.cancelled == 0


async def test_when_all_have_left_the_execution_ends(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        leader, presence = await leading(setting)
        joined = await start(setting)
        presence.leave()
        joined.cancel()
        await asyncio.wait({leader, joined}, timeout=DEADLINE_SECONDS)
        again = await start(setting)
        setting.gate.set()
        answer = await again

    assert leader.cancelled()
    assert setting.reviews.cancelled == 1
    assert answer.outcome is Outcome.COMPLETE


async def test_a_leader_alone_ends_with_its_client(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        leader, presence = await leading(setting)
        presence.leave()
        await asyncio.wait({leader}, timeout=DEADLINE_SECONDS)

    assert leader.cancelled()
    assert setting.reviews.cancelled == 1


async def test_nobody_joins_an_execution_that_is_being_given_up(tmp_path: Path) -> None:
    both = "{ reviewCount products { id } }"

    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        leader, presence = await leading(setting, both)
        presence.leave()
        # Word of it travels from task to task.
        late = asyncio.create_task(setting.ask(both))
        await asyncio.wait({leader}, timeout=DEADLINE_SECONDS)
        setting.gate.set()
        answer = await late

    assert leader.cancelled()
    assert answer.body == b'{"data":{"reviewCount":4,"products":[{"id":"1"}]}}'


async def test_those_who_joined_a_leader_that_was_ended_from_outside_end_as_well(
    tmp_path: Path,
) -> None:
    async with a_setting(tmp_path, traffic=SHARED) as (setting, _):
        setting.gate.clear()
        leader = await start(setting)
        joined = await start(setting)
        leader.cancel()
        await asyncio.wait({leader, joined}, timeout=DEADLINE_SECONDS)

    assert leader.cancelled()
    assert joined.cancelled()
