"""Arguments from contexts, over real subgraphs: every object gets the value of the objects above it.

Each operation is executed twice with one prepared plan, so that interpreters and generated code both answer it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.prepared_plan import prepare_plan
from gateway.execution.representations import Collected, collect_representations
from gateway.execution.representations_source import compile_collection
from gateway.execution.result import ExecutionResult
from gateway.query_plan.nodes import (
    ITEM,
    ContextSource,
    ContextVariable,
    EntityGroup,
    EntityTarget,
    OnTypes,
)
from gateway.transports.errors import SubgraphTimeout
from gateway.transports.in_process import InProcessTransport
from tests.support.contexts import contextual_supergraph
from tests.support.data_subgraphs import Subgraph
from tests.support.fake_transport import answering
from tests.support.plans import a_key, a_shape, an_input
from tests.support.supergraphs import plan_of

SHOPS = """
type Query { shops: [Shop] places: [Place!]! }
type Shop @key(fields: "id") { id: ID! zone: String items: [Item] best: Item inner: Shop }
type Market @key(fields: "id") { id: ID! code: Int spot: Spot }
type Stall @key(fields: "id") { id: ID! number: Int spot: Spot }
union Place = Market | Stall
type Item @key(fields: "id") { id: ID! }
type Spot @key(fields: "id") { id: ID! }
"""
PRICES = """
type Shop @key(fields: "id") @context(name: "shop") {
  id: ID! currency: String @external zone: String @external
}
type Market @key(fields: "id") { id: ID! code: Int @external }
type Stall @key(fields: "id") { id: ID! number: Int @external }
union Place @context(name: "place") = Market | Stall
type Spot @key(fields: "id") {
  id: ID! size: Int
  at(code: Int @fromContext(field: "$place ... on Market { code } ... on Stall { number }")): String
}
type Item @key(fields: "id") {
  id: ID!
  weight: Int
  size: Int @external
  price(currency: String @fromContext(field: "$shop { currency }"), round: Int): String
  both(
    currency: String @fromContext(field: "$shop { currency }")
    zone: String @fromContext(field: "$shop { zone }")
  ): String
  sized(currency: String @fromContext(field: "$shop { currency }")): String @requires(fields: "size")
}
"""
MONEY = """
type Shop @key(fields: "id") { id: ID! currency: String }
type Item @key(fields: "id") { id: ID! size: Int part: Part }
type Part @key(fields: "id") { id: ID! name: String }
"""
PARTS = """
type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String @external }
type Part @key(fields: "id") {
  id: ID! cost(currency: String @fromContext(field: "$shop { currency }")): String
}
"""
CURRENCIES = {"s1": "EUR", "s2": "USD", "s3": None, "s4": "EUR"}


class Federation:
    """The subgraphs, and what they were asked."""

    def __init__(self) -> None:
        items: dict[str, Any] = {"i1": {"id": "i1"}, "i2": {"id": "i2"}}
        shops: list[Any] = [
            {"id": "s1", "zone": "north", "items": [items["i1"], items["i2"]], "best": items["i1"],
             "inner": {"id": "s2", "zone": "south", "items": [items["i1"]], "best": items["i1"]}},
            {"id": "s2", "zone": "south", "items": [items["i1"], None], "best": items["i1"]},
            None,
            {"id": "s3", "zone": "north", "items": [items["i2"]], "best": items["i2"]},
            {"id": "s4", "zone": "south", "items": [items["i1"]], "best": items["i1"]},
        ]  # fmt: skip
        places = [
            {"__typename": "Market", "id": "m1", "code": 7, "spot": {"id": "p1"}},
            {"__typename": "Stall", "id": "t1", "number": 1, "spot": {"id": "p1"}},
            {"__typename": "Market", "id": "m2", "code": 8, "spot": {"id": "p1"}},
        ]
        self.subgraphs = {
            "shops": Subgraph("shops", SHOPS, {"shops": shops, "places": places}, {}),
            "prices": Subgraph("prices", PRICES, {}, {"Item": self._item, "Spot": self._spot}),
            "money": Subgraph(
                "money", MONEY, {},
                {
                    "Shop": lambda key: {"id": key["id"], "currency": CURRENCIES[key["id"]]},
                    "Item": lambda key: {**key, "size": 9, "part": {"id": f"p-{key['id']}"}},
                    "Part": lambda key: {**key, "name": "part"},
                },
            ),
            "parts": Subgraph("parts", PARTS, {}, {"Part": self._part}),
        }  # fmt: skip
        self.supergraph = contextual_supergraph(
            shops=SHOPS, prices=PRICES, money=MONEY, parts=PARTS
        )

    def _item(self, key: dict[str, Any]) -> dict[str, Any]:
        def price(_: Any, currency: str | None, round: int | None = None) -> str:  # noqa: A002
            if currency == "USD" and round == 13:
                raise ValueError("no dollars today")
            return f"{key['id']} {currency} {round}"

        return {
            "id": key["id"],
            "weight": 3,
            "price": price,
            "both": lambda _, currency, zone: f"{key['id']} {currency} {zone}",
            "sized": lambda _, currency: f"{key['size']} {currency}",
        }

    def _spot(self, key: dict[str, Any]) -> dict[str, Any]:
        return {"id": key["id"], "size": 3, "at": lambda _, code: f"{key['id']} {code}"}

    def _part(self, key: dict[str, Any]) -> dict[str, Any]:
        return {"id": key["id"], "cost": lambda _, currency: f"{key['id']} {currency}"}

    async def answer(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        **transports: Any,
    ) -> ExecutionResult:
        """Execute an operation twice; the answers have to be the same."""
        prepared = prepare_plan(plan_of(self.supergraph, operation))
        context = ExecutionContext(
            transports={
                **{name: InProcessTransport(each.app) for name, each in self.subgraphs.items()},
                **transports,
            }
        )
        first, second = [
            await execute_plan(prepared, variables=variables or {}, context=context)
            for _ in range(2)
        ]
        assert first.data == second.data
        assert [error["message"] for error in first.errors] == [
            error["message"] for error in second.errors
        ]
        return second

    async def data(self, operation: str, variables: Mapping[str, object] | None = None) -> Any:
        result = await self.answer(operation, variables)
        assert result.errors == []
        return result.data


@pytest.fixture
def federation() -> Federation:
    return Federation()


async def test_every_object_gets_the_value_of_its_own_ancestor(federation: Federation) -> None:
    data = await federation.data("{ shops { items { price } } }")

    assert data == {
        "shops": [
            {"items": [{"price": "i1 EUR None"}, {"price": "i2 EUR None"}]},
            {"items": [{"price": "i1 USD None"}, None]},
            None,
            {"items": [{"price": "i2 None None"}]},
            {"items": [{"price": "i1 EUR None"}]},
        ]
    }


async def test_all_lots_go_in_one_request(federation: Federation) -> None:
    await federation.data("{ shops { items { price } } }")

    first, second = federation.subgraphs["prices"].operations
    assert (
        first
        == second
        == (
            "query($representations_0: [_Any!]!, $context0_0: String, $representations_1: [_Any!]!, "
            "$context0_1: String, $representations_2: [_Any!]!, $context0_2: String)"
            "{_entities_0: _entities(representations: $representations_0)"
            "{... on Item{price(currency: $context0_0)}} "
            "_entities_1: _entities(representations: $representations_1)"
            "{... on Item{price(currency: $context0_1)}} "
            "_entities_2: _entities(representations: $representations_2)"
            "{... on Item{price(currency: $context0_2)}}}"
        )
    )


async def test_one_lot_is_the_operation_of_the_plan(federation: Federation) -> None:
    await federation.answer("{ shops { inner { best { price } } } }")

    assert federation.subgraphs["prices"].operations[0] == (
        "query($representations: [_Any!]!, $context0: String)"
        "{_entities(representations: $representations){... on Item{price(currency: $context0)}}}"
    )


async def test_the_nearest_ancestor_counts(federation: Federation) -> None:
    data = await federation.data("{ shops { best { price } inner { best { price } } } }")

    assert data["shops"][0] == {
        "best": {"price": "i1 EUR None"}, "inner": {"best": {"price": "i1 USD None"}}
    }  # fmt: skip


async def test_what_entities_share_below_does_not_share_values(federation: Federation) -> None:
    data = await federation.data("{ shops { best { part { cost name } } } }")

    assert [shop and shop["best"]["part"]["cost"] for shop in data["shops"]] == [
        "p-i1 EUR", "p-i1 USD", None, "p-i2 None", "p-i1 EUR"
    ]  # fmt: skip


async def test_equal_stubs_with_other_fields_do_not_share_values(federation: Federation) -> None:
    data = await federation.data("{ shops { best { size price } } }")

    assert [shop and shop["best"] for shop in data["shops"]] == [
        {"size": 9, "price": "i1 EUR None"},
        {"size": 9, "price": "i1 USD None"},
        None,
        {"size": 9, "price": "i2 None None"},
        {"size": 9, "price": "i1 EUR None"},
    ]


async def test_several_arguments_make_lots_by_all_their_values(federation: Federation) -> None:
    data = await federation.data("{ shops { best { both } } }")

    assert [shop and shop["best"]["both"] for shop in data["shops"]] == [
        "i1 EUR north", "i1 USD south", None, "i2 None north", "i1 EUR south"
    ]  # fmt: skip


async def test_inputs_and_values_go_together(federation: Federation) -> None:
    data = await federation.data("{ shops { best { sized } } }")

    assert data["shops"][0] == {"best": {"sized": "9 EUR"}}
    assert data["shops"][1] == {"best": {"sized": "9 USD"}}


async def test_each_type_gives_what_is_selected_of_it(federation: Federation) -> None:
    data = await federation.data(
        "{ places { ... on Market { code spot { at size } } ... on Stall { spot { at } } } }"
    )

    assert data == {
        "places": [
            {"code": 7, "spot": {"at": "p1 7", "size": 3}},
            {"spot": {"at": "p1 1"}},
            {"code": 8, "spot": {"at": "p1 8", "size": 3}},
        ]
    }


async def test_aliases_variables_and_duplicates_do_not_collide(federation: Federation) -> None:
    data = await federation.data(
        "query($context0: Int) { shops { currency: zone items"
        " { price a: price(round: $context0) b: price(round: 2) price } } }",
        {"context0": 1},
    )

    assert data["shops"][1] == {
        "currency": "south",
        "items": [{"price": "i1 USD None", "a": "i1 USD 1", "b": "i1 USD 2"}, None],
    }


async def test_errors_are_told_where_they_were(federation: Federation) -> None:
    result = await federation.answer("{ shops { items { p: price(round: 13) } } }")

    assert [(error["message"], error["path"]) for error in result.errors] == [
        ("no dollars today", ["shops", 1, "items", 0, "p"])
    ]
    assert result.data is not None
    assert result.data["shops"][0] == {"items": [{"p": "i1 EUR 13"}, {"p": "i2 EUR 13"}]}  # type: ignore[index]


async def test_nothing_is_asked_with_a_value_that_was_not_had(federation: Federation) -> None:
    result = await federation.answer(
        "{ shops { best { price weight } } }", money=answering(SubgraphTimeout("too late"))
    )

    assert result.extensions == {"degraded": ["money"]}
    assert federation.subgraphs["prices"].operations == []


async def test_an_answer_that_leaves_a_lot_out_fails_as_a_whole(federation: Federation) -> None:
    prices = answering({"data": {"_entities_0": [{"price": "1"}, {"price": "2"}]}})

    result = await federation.answer("{ shops { items { price } } }", prices=prices)

    assert result.extensions == {"degraded": ["prices"]}
    assert {error["extensions"]["code"] for error in result.errors} == {
        "SUBGRAPH_MALFORMED_RESPONSE"
    }


async def test_a_lot_that_failed_leaves_the_others(federation: Federation) -> None:
    prices = answering(
        {
            "data": {
                "_entities_0": [{"price": "1"}, {"price": "2"}],
                "_entities_1": None,
                "_entities_2": [{"price": "3"}],
            },
            "errors": [{"message": "lost", "path": ["_entities_1"]}],
        }
    )

    result = await federation.answer("{ shops { items { price } } }", prices=prices)

    assert result.data is not None
    assert result.data["shops"][0] == {"items": [{"price": "1"}, {"price": "2"}]}  # type: ignore[index]
    assert result.data["shops"][1] == {"items": [{"price": None}, None]}  # type: ignore[index]
    assert [(error["message"], error["path"]) for error in result.errors] == [
        ("lost", ["shops", 1, "items", 0, "price"])
    ]


# Generated code against the interpreter

_SHAPE = a_shape("T", a_key("id"), an_input("size"))
_NESTED = a_key("owner", shapes=(a_shape(None, an_input("x")),))
_TARGETS = [
    EntityTarget(
        path=("a", ITEM, "b"),
        typename_key=None,
        shapes=(_SHAPE,),
        contexts=(
            ContextSource(depth=2, field=an_input("x")),
            ContextSource(depth=0, field=_NESTED),
        ),
    ),
    EntityTarget(
        path=("a", ITEM, OnTypes(frozenset({"Ape"}), "__typename"), "b", ITEM),
        typename_key=None,
        shapes=(_SHAPE,),
        contexts=(
            ContextSource(depth=3, field=_NESTED),
            ContextSource(depth=2, field=None),
        ),
    ),
]
_LEAVES = st.sampled_from([None, True, 1, "1", 2.5, ["1"], ["1", None]])
_OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["1", "2", None]),
        "size": st.sampled_from([None, 1, True]),
    },
)
_HOLDERS = st.fixed_dictionaries(
    {},
    optional={
        "__typename": st.sampled_from(["Ape", "Bee"]),
        "x": _LEAVES,
        "owner": st.sampled_from([None, {"x": 1}, {"x": "1"}, {}]),
        "b": st.one_of(st.none(), _OBJECTS, st.lists(_OBJECTS, max_size=3)),
    },
)
_TREES = st.fixed_dictionaries(
    {"a": st.lists(st.one_of(st.none(), _HOLDERS), max_size=6)},
    optional={"owner": st.sampled_from([None, {"x": 1}, {"x": True}])},
)


@given(
    tree=_TREES,
    targets=st.lists(st.sampled_from(_TARGETS), min_size=1, max_size=3),
    first_type=st.sampled_from(["Int", "Int!"]),
)
def test_generated_code_makes_the_lots_that_the_interpreter_makes(
    tree: dict[str, Any], targets: list[EntityTarget], first_type: str
) -> None:
    group = EntityGroup(
        alias="_entities",
        variable="representations",
        targets=tuple(targets),
        contexts=(
            ContextVariable(name="c0", type=first_type),
            ContextVariable(name="c1", type="Int"),
        ),
    )
    expected = _plain(collect_representations(group, tree))

    try:
        collected = compile_collection(group)(tree)
    except (AttributeError, TypeError, KeyError):
        # A tree out of the ordinary is for the interpreter.
        return

    assert _plain(collected) == expected


def _plain(collected: Collected) -> str:
    """For every object, by identity, what is asked about it: whatever the numbers of lots are."""
    assert collected.lots is not None
    lots = collected.lots
    return json.dumps(
        [
            [
                (
                    id(obj),
                    collected.representations[index],
                    lots.values[lots.numbers[index]],
                    index,
                )
                for obj, index in zip(uses.objects, uses.indices, strict=True)
            ]
            for uses in collected.uses
        ]
    )
