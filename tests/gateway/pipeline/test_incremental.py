"""Answers in parts on their way: mishaps, and clients that are gone before the second part."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.execution.context import ExecutionContext
from gateway.execution.incremental_format import IncrementalFormat
from gateway.execution.prepared_plan import prepare_plan
from gateway.execution.result import WireError
from gateway.pipeline.answer import Answer, Outcome
from gateway.pipeline.incremental import IncrementalAnswer
from tests.support.fake_transport import FakeTransport, answering
from tests.support.incremental import merge_legacy_parts, merge_parts
from tests.support.supergraphs import deferred_plan_of, supergraph_of

SUPERGRAPH = supergraph_of(
    a='type Query { item: Item } type Item @key(fields: "id") { id: ID! name: String }',
    b='type Item @key(fields: "id") { id: ID! price: Int }',
)
PLAN = prepare_plan(deferred_plan_of(SUPERGRAPH, "{ item { name ... @defer { price } } }"))
ITEM = {"data": {"item": {"id": "1", "name": "Basket"}}}
BAD_PRICE = {"data": {"_entities": [{"price": "none"}]}}


async def start(
    prices: FakeTransport,
    *,
    item: dict[str, Any] | None = None,
    how: IncrementalFormat = IncrementalFormat.CURRENT,
    on_errors: Any = lambda _: None,
) -> Answer:
    answer = IncrementalAnswer(
        plan=PLAN,
        variables={},
        context=ExecutionContext(transports={"a": answering(item or ITEM), "b": prices}),
        how=how,
        on_errors=on_errors,
        on_mishap=lambda error: {"message": "Masked.", "extensions": {"code": str(error)}},
    )
    return await answer.start({"note": 1}, (("x-note", "2"),))


async def all_parts(answer: Answer) -> list[dict[str, Any]]:
    assert answer.parts is not None
    return [json.loads(answer.body), *[json.loads(part) async for part in answer.parts]]


async def test_the_first_part_is_the_body_with_extensions_and_headers() -> None:
    answer = await start(answering({"data": {"_entities": [{"price": 3}]}}))

    assert answer.outcome is Outcome.COMPLETE
    assert answer.incremental is IncrementalFormat.CURRENT
    assert answer.headers == (("x-note", "2"),)
    parts = await all_parts(answer)
    assert parts[0]["extensions"] == {"note": 1}
    assert merge_parts(parts) == {"data": {"item": {"name": "Basket", "price": 3}}}


async def test_an_answer_with_one_part_is_an_ordinary_one() -> None:
    answer = await start(answering({}), item={"data": {"item": None}})

    assert answer.parts is None
    assert answer.incremental is None
    assert json.loads(answer.body) == {"data": {"item": None}, "extensions": {"note": 1}}


async def test_errors_of_all_parts_are_told_to_whoever_masks_them() -> None:
    told: list[str] = []

    def note(errors: list[WireError]) -> None:
        told.extend(str(error["extensions"]["code"]) for error in errors)

    answer = await start(answering(BAD_PRICE), on_errors=note)

    await all_parts(answer)
    assert told == ["RESPONSE_VALIDATION_FAILED"]


async def test_a_mishap_completes_everything_that_was_announced() -> None:
    def trip(_: list[WireError]) -> None:
        raise ValueError("OOPS")

    for how, merge in (
        (IncrementalFormat.CURRENT, merge_parts),
        (IncrementalFormat.LEGACY, merge_legacy_parts),
    ):
        answer = await start(answering(BAD_PRICE), how=how, on_errors=trip)

        merged = merge(await all_parts(answer))

        assert merged == {
            "data": {"item": {"name": "Basket"}},
            "errors": [{"message": "Masked.", "extensions": {"code": "OOPS"}}],
        }


async def test_parts_that_nobody_has_asked_for_can_be_closed() -> None:
    prices = answering(BAD_PRICE, gate=asyncio.Event())
    answer = await start(prices)
    await prices.asked.wait()

    assert answer.parts is not None
    await answer.parts.aclose()

    assert prices.cancelled == 1


async def test_a_mishap_before_the_first_part_ends_what_is_under_way() -> None:
    prices = answering(BAD_PRICE, gate=asyncio.Event())

    def trip(_: list[WireError]) -> None:
        raise ValueError("OOPS")

    item = {"data": {"item": {"id": "1", "name": 5.5}}, "errors": [{"message": "Hm."}]}
    with pytest.raises(ValueError, match="OOPS"):
        await start(prices, item=item, on_errors=trip)

    assert prices.cancelled == 1
