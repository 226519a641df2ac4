"""Answers in parts: what comes when, what is delivered once, and how far an error reaches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from gateway.errors import ExecutionError
from gateway.execution.context import ExecutionContext
from gateway.execution.incremental import execute_in_parts
from gateway.execution.incremental_format import IncrementalFormat, encode_next, encode_primary
from gateway.execution.incremental_result import Delivery
from gateway.execution.introspection import Introspection
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.transports.errors import SubgraphUnreachable
from tests.support.fake_transport import FakeTransport, Payload
from tests.support.incremental import merge_legacy_parts, merge_parts
from tests.support.supergraphs import deferred_plan_of, supergraph_of

SUPERGRAPH = supergraph_of(
    items="""
    type Query { item: Item items: [Item] any: [Thing] strict: Item! }
    type Mutation { buy: Item sell: Item }
    union Thing = Item | Note
    type Item @key(fields: "id") { id: ID! name: String part: Item sure: String! }
    type Note @key(fields: "id") { id: ID! text: String }
    """,
    prices="""
    type Item @key(fields: "id") { id: ID! price: Int cost: Int! tax: Tax }
    type Tax { rate: Int! }
    type Note @key(fields: "id") { id: ID! price: Int }
    """,
    stock="""
    type Item @key(fields: "id") { id: ID! left: Int weight: Int! }
    """,
)

ITEM = {"__typename": "Item", "id": "1", "name": "Basket", "sure": "yes"}
ITEMS = [ITEM, None, {"__typename": "Item", "id": "2", "name": "Bell", "sure": "yes"}]
PRICES = {
    "1": {"price": 5, "cost": 3, "tax": {"rate": 2}},
    "2": {"price": 7, "cost": 4, "tax": None},
}
STOCK = {"1": {"left": 9, "weight": 1}, "2": {"left": 8, "weight": 2}}


def looking_up(found: dict[str, Payload], gate: asyncio.Event | None = None) -> FakeTransport:
    def answer(payload: Payload) -> Payload:
        asked = payload["variables"]["representations"]
        return {"data": {"_entities": [found.get(each["id"]) for each in asked]}}

    return FakeTransport(answer, gate=gate)


class Shop:
    """Three subgraphs; prices and stock answer when they are let."""

    def __init__(self, root: Payload, **answers: Any) -> None:
        self.prices_gate = asyncio.Event()
        self.stock_gate = asyncio.Event()
        self.transports = {
            "items": FakeTransport(lambda _: root),
            "prices": looking_up(answers.get("prices", PRICES), self.prices_gate),
            "stock": looking_up(answers.get("stock", STOCK), self.stock_gate),
        }

    def open(self) -> None:
        self.prices_gate.set()
        self.stock_gate.set()

    def context(self, deadline: float | None = None) -> ExecutionContext:
        return ExecutionContext(
            transports=self.transports,
            deadline=deadline,
            introspection=Introspection(SUPERGRAPH.api_schema),
        )

    def run(
        self, plan: PreparedPlan, *, deadline: float | None = None, repeats_fields: bool = False
    ) -> AsyncGenerator[Delivery, None]:
        return execute_in_parts(
            plan,
            variables={},
            context=self.context(deadline),
            repeats_fields=repeats_fields,
        )

    async def parts(
        self, plan: PreparedPlan, how: IncrementalFormat = IncrementalFormat.CURRENT
    ) -> list[Payload]:
        """All parts, the gates open."""
        self.open()
        repeats = how is IncrementalFormat.LEGACY
        found: list[Payload] = []
        async for delivery in self.run(plan, repeats_fields=repeats):
            encode = encode_next if found else encode_primary
            found.append(json.loads(encode(delivery, how)))
        return found


def plan(source: str, conditions: dict[str, bool] | None = None) -> PreparedPlan:
    return prepare_plan(deferred_plan_of(SUPERGRAPH, source, conditions))


async def both_ways(prepared: PreparedPlan, shop: Callable[[], Shop]) -> list[Payload]:
    """All parts: interpreted, and by generated code, which has to say the same."""
    interpreted = await shop().parts(prepared)
    generated = await shop().parts(prepared)
    assert generated == interpreted
    return interpreted


def item_and(**fields: Any) -> Payload:
    return {"data": {"item": {**ITEM, **fields}}}


async def test_the_primary_part_does_not_wait_for_what_is_deferred() -> None:
    shop = Shop({"data": {"item": ITEM}})
    deliveries = shop.run(plan('{ item { name ... @defer(label: "p") { price } } }'))

    async with aclosing(deliveries):
        first = await anext(deliveries)
        assert first.data == {"item": {"name": "Basket"}}
        assert first.has_next
        (pending,) = first.pending
        assert (pending.path, pending.part.label) == (("item",), "p")

        await shop.transports["prices"].asked.wait()
        shop.prices_gate.set()
        second = await anext(deliveries)
        assert [each.data for each in second.increments] == [{"price": 5}]
        assert [each.pending for each in second.completed] == [pending]
        assert not second.has_next


async def test_parts_come_in_the_order_in_which_their_fetches_end() -> None:
    shop = Shop({"data": {"item": ITEM}})
    source = '{ item { ... @defer(label: "p") { price } ... @defer(label: "s") { left } name } }'
    deliveries = shop.run(plan(source))

    async with aclosing(deliveries):
        await anext(deliveries)
        shop.stock_gate.set()
        assert [each.data for each in (await anext(deliveries)).increments] == [{"left": 9}]
        shop.prices_gate.set()
        assert [each.data for each in (await anext(deliveries)).increments] == [{"price": 5}]


async def test_every_item_of_a_list_is_waited_for_by_itself() -> None:
    prepared = plan('{ items { name ... @defer(label: "p") { price } } }')

    parts = await both_ways(prepared, lambda: Shop({"data": {"items": ITEMS}}))

    assert parts == [
        {
            "data": {"items": [{"name": "Basket"}, None, {"name": "Bell"}]},
            "pending": [
                {"id": "0", "path": ["items", 0], "label": "p"},
                {"id": "1", "path": ["items", 2], "label": "p"},
            ],
            "hasNext": True,
        },
        {
            "incremental": [
                {"id": "0", "data": {"price": 5}},
                {"id": "1", "data": {"price": 7}},
            ],
            "completed": [{"id": "0"}, {"id": "1"}],
            "hasNext": False,
        },
    ]


async def test_a_field_below_one_that_the_client_has_says_where_it_goes() -> None:
    prepared = plan("{ item { part { name } } ... @defer { item { part { price } } } }")

    parts = await both_ways(prepared, lambda: Shop(item_and(part=ITEM)))

    assert parts[0]["data"] == {"item": {"part": {"name": "Basket"}}}
    assert parts[0]["pending"] == [{"id": "0", "path": []}]
    assert parts[1]["incremental"] == [
        {"id": "0", "subPath": ["item", "part"], "data": {"price": 5}}
    ]


async def test_what_two_fragments_share_comes_once_with_the_first_of_them() -> None:
    source = """{ item { name
      ... @defer(label: "a") { tax { rate } price }
      ... @defer(label: "b") { tax { rate } left }
    } }"""
    shop = Shop({"data": {"item": ITEM}})
    deliveries = shop.run(plan(source))

    async with aclosing(deliveries):
        await anext(deliveries)
        shop.prices_gate.set()
        first = await anext(deliveries)
        shop.stock_gate.set()
        second = await anext(deliveries)

    assert [each.data for each in first.increments] == [{"tax": {"rate": 2}}, {"price": 5}]
    assert [each.pending.part.label for each in first.completed] == ["a"]
    assert [each.data for each in second.increments] == [{"left": 9}]
    assert [each.pending.part.label for each in second.completed] == ["b"]


async def test_an_inner_fragment_is_announced_when_the_outer_one_is_there() -> None:
    source = '{ item { name ... @defer(label: "o") { price ... @defer(label: "i") { left } } } }'
    shop = Shop({"data": {"item": ITEM}})
    shop.stock_gate.set()
    deliveries = shop.run(plan(source))

    async with aclosing(deliveries):
        first = await anext(deliveries)
        assert [each.part.label for each in first.pending] == ["o"]
        shop.prices_gate.set()
        second = await anext(deliveries)

    # Its fetch is done already, so that it comes with the outer one.
    assert [each.part.label for each in second.pending] == ["i"]
    assert [each.data for each in second.increments] == [{"price": 5}, {"left": 9}]
    assert not second.has_next


async def test_fragments_of_one_type_are_waited_for_at_its_objects_only() -> None:
    prepared = plan("{ any { __typename ... on Item @defer { price } ... on Note { text } } }")
    root = {"data": {"any": [{"__typename": "Note", "id": "2", "text": "x"}, ITEM]}}

    parts = await both_ways(prepared, lambda: Shop(root))

    assert parts[0]["pending"] == [{"id": "0", "path": ["any", 1]}]
    assert merge_parts(parts)["data"] == {
        "any": [{"__typename": "Note", "text": "x"}, {"__typename": "Item", "price": 5}]
    }


async def test_no_object_nothing_to_wait_for() -> None:
    prepared = plan("{ item { name ... @defer { price } } }")

    assert await both_ways(prepared, lambda: Shop({"data": {"item": None}})) == [
        {"data": {"item": None}, "hasNext": False}
    ]


async def test_a_root_field_can_be_deferred_and_introspection_is_there_at_once() -> None:
    prepared = plan('{ t: __type(name: "Tax") { name } ... @defer { item { name } } }')

    parts = await both_ways(prepared, lambda: Shop({"data": {"item": ITEM}}))

    assert parts[0]["data"] == {"t": {"name": "Tax"}}
    assert parts[1]["incremental"] == [{"id": "0", "data": {"item": {"name": "Basket"}}}]


async def test_null_where_none_may_be_ends_the_fragment_and_nothing_else() -> None:
    source = (
        '{ items { name ... @defer(label: "c") { cost price } ... @defer(label: "s") { left } } }'
    )
    prices = {"1": {"price": 5, "cost": None}, "2": PRICES["2"]}
    prepared = plan(source)

    parts = await both_ways(prepared, lambda: Shop({"data": {"items": ITEMS}}, prices=prices))

    first, *rest = parts
    assert "errors" not in first
    completed = {each["id"]: each for part in rest for each in part["completed"]}
    labels = {each["id"]: (each["label"], each["path"]) for each in first["pending"]}
    (failed,) = (each for each in completed.values() if "errors" in each)
    assert labels[failed["id"]] == ("c", ["items", 0])
    assert [error["path"] for error in failed["errors"]] == [["items", 0, "cost"]]
    assert merge_parts(parts)["data"] == {
        "items": [
            {"name": "Basket", "left": 9},
            None,
            {"name": "Bell", "cost": 4, "price": 7, "left": 8},
        ]
    }


async def test_a_lost_fragment_takes_those_in_it_along() -> None:
    source = '{ item { name ... @defer(label: "o") { cost ... @defer(label: "i") { left } } } }'
    prepared = plan(source)

    parts = await both_ways(
        prepared, lambda: Shop({"data": {"item": ITEM}}, prices={"1": {"cost": None}})
    )

    assert [each["label"] for part in parts for each in part.get("pending", ())] == ["o"]
    assert merge_parts(parts)["data"] == {"item": {"name": "Basket"}}


async def test_what_two_fragments_share_is_lost_to_both() -> None:
    source = """{ item { name
      ... @defer(label: "a") { cost price }
      ... @defer(label: "b") { cost left }
    } }"""
    prepared = plan(source)

    parts = await both_ways(
        prepared, lambda: Shop({"data": {"item": ITEM}}, prices={"1": {"cost": None, "price": 1}})
    )

    completed = [each for part in parts[1:] for each in part["completed"]]
    assert [[error["path"] for error in each["errors"]] for each in completed] == [
        [["item", "cost"]],
        [["item", "cost"]],
    ]
    assert merge_parts(parts)["data"] == {"item": {"name": "Basket"}}


async def test_an_object_that_turned_null_has_nothing_deferred_below_it() -> None:
    prepared = plan("{ item { part { sure } } ... @defer { item { part { price } name } } }")

    parts = await both_ways(prepared, lambda: Shop(item_and(part={**ITEM, "sure": None})))

    assert parts[0]["data"] == {"item": {"part": None}}
    assert [error["path"] for error in parts[0]["errors"]] == [["item", "part", "sure"]]
    assert merge_parts(parts)["data"] == {"item": {"part": None, "name": "Basket"}}


async def test_a_failed_fetch_is_told_with_the_part_that_wanted_it() -> None:
    def shop() -> Shop:
        found = Shop({"data": {"item": ITEM}})
        found.transports["prices"] = FakeTransport(lambda _: SubgraphUnreachable("gone"))
        return found

    prepared = plan("{ item { name ... @defer { price } } }")

    first, second = await shop().parts(prepared)

    assert first["data"] == {"item": {"name": "Basket"}}
    assert "errors" not in first
    assert "extensions" not in first
    (increment,) = second["incremental"]
    assert increment["data"] == {"price": None}
    assert [error["path"] for error in increment["errors"]] == [["item", "price"]]
    assert second["extensions"] == {"degraded": ["prices"]}


async def test_an_error_of_the_primary_fetch_about_a_deferred_field_comes_with_the_field() -> None:
    root = item_and(name=None)
    root["errors"] = [{"message": "No name.", "path": ["item", "name"]}]
    prepared = plan("{ item { id ... @defer { name price } } }")

    first, second = await both_ways(prepared, lambda: Shop(root))

    assert "errors" not in first
    (increment,) = second["incremental"]
    assert increment["data"] == {"name": None, "price": 5}
    assert [(error["message"], error["path"]) for error in increment["errors"]] == [
        ("No name.", ["item", "name"])
    ]


@pytest.mark.parametrize("how", IncrementalFormat)
async def test_an_error_about_an_entity_is_told_at_its_deferred_fields(
    how: IncrementalFormat,
) -> None:
    def shop() -> Shop:
        found = Shop(item_and())
        answer = {
            "data": {"_entities": [None]},
            "errors": [{"message": "Lost.", "path": ["_entities", 0]}],
        }
        found.transports["prices"] = FakeTransport(lambda _: answer)
        return found

    first, second = await shop().parts(plan("{ item { name ... @defer { price } } }"), how)

    assert "errors" not in first
    assert [
        (error["message"], error["path"])
        for increment in second["incremental"]
        for error in increment["errors"]
    ] == [("Lost.", ["item", "price"])]


async def test_an_error_about_what_the_client_has_already_comes_with_the_part_that_asked() -> None:
    def shop() -> Shop:
        found = Shop(item_and())
        answer = {
            "data": {"_entities": [PRICES["1"]]},
            "errors": [{"message": "Hm.", "path": ["_entities", 0, "hidden"]}],
        }
        found.transports["prices"] = FakeTransport(lambda _: answer)
        return found

    first, second = await shop().parts(plan("{ item { name ... @defer { price } } }"))

    assert "errors" not in first
    (increment,) = second["incremental"]
    assert [(error["message"], error["path"]) for error in increment["errors"]] == [
        ("Hm.", ["item"])
    ]


async def test_which_error_of_a_field_is_told_does_not_depend_on_who_answers_first() -> None:
    supergraph = supergraph_of(
        a='type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
        b="""
        type Item @key(fields: "id") { id: ID! box: Box! @shareable }
        type Box { x: Int }
        """,
        c="""
        type Item @key(fields: "id") { id: ID! box: Box! @shareable }
        type Box { y: Int }
        """,
    )
    prepared = prepare_plan(
        deferred_plan_of(supergraph, "{ item { id ... @defer { box { x y } } } }")
    )

    def refusing(name: str) -> Callable[[Payload], Payload]:
        error = {"message": name, "path": ["_entities", 0, "box"]}
        return lambda _: {"data": {"_entities": [None]}, "errors": [error]}

    async def told(slow: str) -> list[Payload]:
        gate = asyncio.Event()
        transports = {
            name: FakeTransport(
                refusing(name),
                gate=gate if name == slow else None,
            )
            for name in ("b", "c")
        }
        transports["a"] = FakeTransport(
            lambda _: {"data": {"item": {"__typename": "Item", "id": "1"}}}
        )
        context = ExecutionContext(transports=transports)
        found: list[Payload] = []
        async for delivery in execute_in_parts(
            prepared, variables={}, context=context, repeats_fields=False
        ):
            encode = encode_next if found else encode_primary
            found.append(json.loads(encode(delivery, IncrementalFormat.CURRENT)))
            quick = transports["c" if slow == "b" else "b"]
            while not quick.requests:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0)
            gate.set()
        return found

    first, second = await told(slow="b"), await told(slow="c")

    assert first == second
    (completed,) = first[-1]["completed"]
    assert [(error["message"], error["path"]) for error in completed["errors"]] == [
        ("b", ["item", "box"])
    ]


async def test_errors_without_a_path_are_told_once() -> None:
    def shop() -> Shop:
        found = Shop({"data": {"item": ITEM}})
        found.transports["prices"] = FakeTransport(
            lambda _: {"data": {"_entities": [PRICES["1"]]}, "errors": [{"message": "Hm."}]}
        )
        return found

    prepared = plan("{ item { name ... @defer { price } ... @defer { cost left } } }")

    parts = await shop().parts(prepared)

    assert [error["message"] for error in merge_parts(parts)["errors"]] == ["Hm."]


async def test_the_deadline_holds_for_all_parts_together() -> None:
    shop = Shop({"data": {"item": ITEM}})
    prepared = plan("{ item { name ... @defer { price } } }")
    deadline = asyncio.get_running_loop().time() + 0.05

    first, second = [each async for each in shop.run(prepared, deadline=deadline)]

    assert first.data == {"item": {"name": "Basket"}}
    (increment,) = second.increments
    assert increment.data == {"price": None}
    assert increment.errors[0]["extensions"]["code"] == "SUBGRAPH_TIMEOUT"
    assert not second.has_next


async def test_whoever_stops_listening_ends_what_is_under_way() -> None:
    shop = Shop({"data": {"item": ITEM}})
    deliveries = shop.run(plan("{ item { name ... @defer { price } } }"))

    await anext(deliveries)
    await shop.transports["prices"].asked.wait()
    await deliveries.aclose()

    assert shop.transports["prices"].cancelled == 1


async def test_the_older_format_repeats_what_the_fragment_selects() -> None:
    source = '{ item { name ... @defer(label: "p") { name price part { name } } } }'
    prepared = plan(source)

    for _ in range(2):
        parts = await Shop(item_and(part=ITEM)).parts(prepared, IncrementalFormat.LEGACY)

        assert parts == [
            {"data": {"item": {"name": "Basket"}}, "hasNext": True},
            {
                "incremental": [
                    {
                        "data": {"name": "Basket", "price": 5, "part": {"name": "Basket"}},
                        "path": ["item"],
                        "label": "p",
                    }
                ],
                "hasNext": False,
            },
        ]
        assert merge_legacy_parts(parts)["data"]["item"]["price"] == 5


async def test_the_older_format_has_null_for_a_lost_fragment() -> None:
    prepared = plan("{ item { name ... @defer { cost } } }")
    shop = Shop({"data": {"item": ITEM}}, prices={"1": {"cost": None}})

    _, second = await shop.parts(prepared, IncrementalFormat.LEGACY)

    (patch,) = second["incremental"]
    assert (patch["data"], patch["path"]) == (None, ["item"])
    assert [error["path"] for error in patch["errors"]] == [["item", "cost"]]


async def test_a_mutation_defers_below_its_root_fields() -> None:
    prepared = plan("mutation { buy { name ... @defer { price } } sell { left } }")
    shop = Shop({})
    shop.transports["items"] = FakeTransport(
        lambda asked: {"data": {name: ITEM for name in ("buy", "sell") if name in asked["query"]}}
    )
    shop.stock_gate.set()
    deliveries = shop.run(prepared)

    async with aclosing(deliveries):
        first = await anext(deliveries)

        assert first.data == {"buy": {"name": "Basket"}, "sell": {"left": 9}}
        shop.prices_gate.set()
        assert [each.data for each in (await anext(deliveries)).increments] == [{"price": 5}]


async def test_a_plan_that_cannot_be_carried_out_says_so() -> None:
    shop = Shop({"data": {"item": ITEM}})
    prepared = plan("{ __schema { queryType { name } } item { name ... @defer { price } } }")
    deliveries = execute_in_parts(
        prepared, variables={}, context=ExecutionContext(transports=shop.transports)
    )

    with pytest.raises(ExecutionError, match="no API schema"):
        await anext(deliveries)


async def test_a_plan_without_anything_deferred_is_for_the_other_executor() -> None:
    shop = Shop({"data": {"item": ITEM}})

    with pytest.raises(ExecutionError, match="nothing to defer"):
        await anext(shop.run(plan("{ item { name } }")))
