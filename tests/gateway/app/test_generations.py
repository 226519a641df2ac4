"""What was replaced is closed when nobody uses it any more, and after the time to drain at the latest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.app.connections import Connections, TransportSet, Way
from gateway.app.generations import Generations
from gateway.config.settings import SubgraphTraffic
from gateway.execution.context import ExecutionContext
from gateway.execution.incremental_format import IncrementalFormat
from gateway.execution.prepared_plan import prepare_plan
from gateway.pipeline.incremental import IncrementalAnswer
from tests.support.fake_transport import FakeTransport, answering
from tests.support.gateway import shop_config
from tests.support.supergraphs import deferred_plan_of, supergraph_of
from tests.support.waiting import DEADLINE_SECONDS

SUPERGRAPH = supergraph_of(
    a='type Query { item: Item } type Item @key(fields: "id") { id: ID! name: String }',
    b='type Item @key(fields: "id") { id: ID! price: Int }',
)
PLAN = prepare_plan(deferred_plan_of(SUPERGRAPH, "{ item { name ... @defer { price } } }"))
ITEM = {"data": {"item": {"id": "1", "name": "Basket"}}}


class ClosableTransport(FakeTransport):
    """Remembers whether it was closed."""

    is_closed = False

    async def close(self) -> None:
        self.is_closed = True


def a_way(transport: FakeTransport) -> Way:
    return Way("http://a.test", SubgraphTraffic(), (), transport, sets=1)


@asynccontextmanager
async def letting_go(
    folder: Path, *, drain_seconds: float
) -> AsyncIterator[tuple[Generations, asyncio.Event]]:
    gone = asyncio.Event()
    generations = Generations(
        Connections(shop_config(folder), {}), drain_seconds=drain_seconds, on_gone=gone.set
    )
    yield generations, gone
    await generations.close()


async def test_an_answer_in_parts_holds_on_to_its_connections_up_to_its_last_part(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    prices = ClosableTransport(lambda _: {"data": {"_entities": [{"price": 3}]}}, gate=gate)
    async with letting_go(tmp_path, drain_seconds=600) as (generations, gone):
        transports = TransportSet({"a": a_way(answering(ITEM)), "b": a_way(prices)})
        answer = await IncrementalAnswer(
            plan=PLAN,
            variables={},
            context=ExecutionContext(transports=transports),
            how=IncrementalFormat.CURRENT,
            on_errors=lambda _: None,
            on_mishap=lambda _: {},
        ).start({}, ())
        generations.retire(transports)
        del transports
        for _ in range(20):
            await asyncio.sleep(0)
        was_closed = prices.is_closed
        gate.set()
        assert answer.parts is not None
        parts = [part async for part in answer.parts]
        del answer
        async with asyncio.timeout(DEADLINE_SECONDS):
            await gone.wait()

    assert not was_closed
    assert b'"price":3' in b"".join(parts)
    assert prices.is_closed


async def test_what_is_held_on_to_for_too_long_is_closed(tmp_path: Path) -> None:
    prices = ClosableTransport(lambda _: {})
    async with letting_go(tmp_path, drain_seconds=0.01) as (generations, gone):
        transports = TransportSet({"b": a_way(prices)})
        generations.retire(transports)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await gone.wait()

    assert prices.is_closed


async def test_what_is_in_another_set_as_well_stays_open(tmp_path: Path) -> None:
    shared, own = ClosableTransport(lambda _: {}), ClosableTransport(lambda _: {})
    way = a_way(shared)
    way.sets = 2
    async with letting_go(tmp_path, drain_seconds=600) as (generations, gone):
        generations.retire(TransportSet({"a": way, "b": a_way(own)}))
        async with asyncio.timeout(DEADLINE_SECONDS):
            await gone.wait()

    assert (shared.is_closed, own.is_closed) == (False, True)
    assert way.sets == 1


async def test_nothing_is_waited_for_when_the_gateway_stops(tmp_path: Path) -> None:
    async with letting_go(tmp_path, drain_seconds=600) as (generations, gone):
        transports = TransportSet({"a": a_way(ClosableTransport(lambda _: {}))})
        generations.retire(transports)
    del transports
    await asyncio.sleep(0)

    assert not gone.is_set()
