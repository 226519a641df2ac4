"""Plans carried out over fake subgraphs: order, what is sent, what comes together, and what fails alone."""

from __future__ import annotations

import asyncio
import json

import pytest
from graphql import build_schema

from gateway.errors import ExecutionError
from gateway.execution.context import ExecutionContext
from gateway.execution.executor import execute_plan
from gateway.execution.introspection import Introspection
from gateway.execution.prepared_plan import prepare_plan
from gateway.execution.result import SubgraphCall
from gateway.query_plan.nodes import (
    Fetch,
    IntrospectionProjection,
    OnTypes,
    OperationKind,
    QueryPlan,
)
from tests.support.fake_transport import (
    FakeTransport,
    Payload,
    a_context,
    answering,
    entities_by,
)
from tests.support.plans import (
    CUSTOM,
    INT,
    TYPENAME,
    a_choice,
    a_field,
    a_group,
    a_key,
    a_list,
    a_plan,
    a_root_fetch,
    a_shape,
    a_target,
    an_entity_fetch,
    an_input,
    an_object,
)

PRODUCT = a_shape("Product", a_key("upc"))


def products_and_stock() -> QueryPlan:
    """Products from one subgraph, whether they are in stock from another."""
    product = an_object(a_field("name"), a_field("stock", INT))
    return a_plan(
        a_root_fetch(0, "products", "{ top { upc name } }"),
        an_entity_fetch(
            1, "inventory", "... on Product { stock }", a_target(("top", "@"), PRODUCT)
        ),
        projection=an_object(a_field("top", a_list(product))),
    )


async def test_a_fetch_from_the_root_is_projected() -> None:
    products = answering({"data": {"top": [{"upc": "1", "name": "Table"}]}})
    plan = a_plan(
        a_root_fetch(0, "products", "{ top { upc name } }"),
        projection=an_object(a_field("top", a_list(an_object(a_field("name"))))),
    )

    result = await execute_plan(plan, variables={}, context=a_context(products=products))

    assert json.loads(result.to_bytes()) == {"data": {"top": [{"name": "Table"}]}}
    assert products.payloads == [{"query": "{ top { upc name } }"}]


async def test_entities_are_asked_for_once_per_content_and_reach_every_object() -> None:
    products = answering(
        {"data": {"top": [{"upc": upc, "name": upc * 3} for upc in ("a", "b", "a")]}}
    )
    inventory = entities_by("upc", {"a": {"stock": 1}, "b": {"stock": 2}})

    result = await execute_plan(
        products_and_stock(),
        variables={},
        context=a_context(products=products, inventory=inventory),
    )

    assert inventory.representations == [
        {"__typename": "Product", "upc": "a"},
        {"__typename": "Product", "upc": "b"},
    ]
    assert result.data == {
        "top": [
            {"name": "aaa", "stock": 1},
            {"name": "bbb", "stock": 2},
            {"name": "aaa", "stock": 1},
        ]
    }
    assert not result.errors


async def test_without_representations_nothing_is_sent() -> None:
    products = answering({"data": {"top": [None, {"upc": None, "name": "no key"}]}})
    inventory = entities_by("upc", {})

    result = await execute_plan(
        products_and_stock(),
        variables={},
        context=a_context(products=products, inventory=inventory),
    )

    assert inventory.requests == []
    assert result.data == {"top": [None, {"name": "no key", "stock": None}]}
    assert not result.errors


async def test_an_entity_that_is_not_found_leaves_its_fields_null_without_an_error() -> None:
    products = answering({"data": {"top": [{"upc": "a", "name": "A"}]}})
    inventory = entities_by("upc", {})

    result = await execute_plan(
        products_and_stock(),
        variables={},
        context=a_context(products=products, inventory=inventory),
    )

    assert result.data == {"top": [{"name": "A", "stock": None}]}
    assert not result.errors


async def test_variables_are_forwarded_to_the_fetches_that_name_them() -> None:
    products = answering({"data": {"top": [{"upc": "a"}]}})
    inventory = entities_by("upc", {"a": {"stock": 1}})
    plan = a_plan(
        a_root_fetch(0, "products", "query ($n: Int) { top(n: $n) { upc } }", variables=("n", "x")),
        an_entity_fetch(
            1,
            "inventory",
            "... on Product { stock(at: $at) }",
            a_target(("top", "@"), PRODUCT),
            variables=("at",),
        ),
        projection=an_object(a_field("top", a_list(an_object(a_field("stock", INT))))),
    )

    await execute_plan(
        plan,
        variables={"n": 2**70, "at": {"city": "Łódź"}},
        context=a_context(products=products, inventory=inventory),
    )

    assert products.payloads[0]["variables"] == {"n": 2**70}
    assert inventory.payloads[0]["variables"] == {
        "representations": [{"__typename": "Product", "upc": "a"}],
        "at": {"city": "Łódź"},
    }


async def test_headers_go_to_every_subgraph_unless_it_has_rules_of_its_own() -> None:
    products = answering({"data": {"top": [{"upc": "a"}]}})
    inventory = entities_by("upc", {})
    context = ExecutionContext(
        transports={"products": products, "inventory": inventory},
        headers=(("authorization", "Bearer x"),),
        subgraph_headers={"inventory": (("x-tenant", "7"),)},
    )

    await execute_plan(products_and_stock(), variables={}, context=context)

    assert products.requests[0].headers == (("authorization", "Bearer x"),)
    assert inventory.requests[0].headers == (("x-tenant", "7"),)


async def test_a_fetch_starts_as_soon_as_those_it_depends_on_are_done() -> None:
    never = asyncio.Event()
    slow = answering({"data": {"slow": "s"}}, gate=never)
    products = answering({"data": {"top": [{"upc": "a"}]}})
    inventory = entities_by("upc", {"a": {"stock": 1}})
    plan = a_plan(
        a_root_fetch(0, "slow", "{ slow }"),
        a_root_fetch(1, "products", "{ top { upc } }"),
        an_entity_fetch(
            2,
            "inventory",
            "... on Product { stock }",
            a_target(("top", "@"), PRODUCT),
            depends_on=(1,),
        ),
        projection=an_object(
            a_field("slow"), a_field("top", a_list(an_object(a_field("stock", INT))))
        ),
    )
    context = a_context(slow=slow, products=products, inventory=inventory)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(execute_plan(plan, variables={}, context=context))
        await inventory.asked.wait()
        never.set()

    assert running.result().data == {"slow": "s", "top": [{"stock": 1}]}


async def test_mutation_roots_run_one_after_the_other_and_go_on_after_a_failure() -> None:
    log: list[str] = []

    def answer(payload: Payload) -> Payload:
        log.append(payload["query"])
        if "one" in payload["query"]:
            return {"data": None, "errors": [{"message": "no", "path": ["one"]}]}
        return {"data": {"two": "2"}}

    plan = a_plan(
        a_root_fetch(0, "a", "mutation { one }", kind=OperationKind.MUTATION),
        a_root_fetch(1, "b", "mutation { two }", kind=OperationKind.MUTATION, depends_on=(0,)),
        kind=OperationKind.MUTATION,
        projection=an_object(a_field("one"), a_field("two")),
    )

    result = await execute_plan(
        plan, variables={}, context=a_context(a=FakeTransport(answer), b=FakeTransport(answer))
    )

    assert log == ["mutation { one }", "mutation { two }"]
    assert result.data == {"one": None, "two": "2"}
    assert [error["path"] for error in result.errors] == [["one"]]


async def test_groups_of_one_fetch_share_a_request() -> None:
    people = answering({"data": {"me": {"id": "1"}, "top": [{"upc": "a"}]}})
    other = answering({"data": {"_e0": [{"age": 9}], "_e1": [{"stock": 3}]}})
    fetch = Fetch(
        id=1,
        subgraph="other",
        kind=OperationKind.QUERY,
        operation=(
            "query ($r0: [_Any!]!, $r1: [_Any!]!) {"
            " _e0: _entities(representations: $r0) { ... on User { age } }"
            " _e1: _entities(representations: $r1) { ... on Product { stock } } }"
        ),
        entities=(
            a_group(a_target(("me",), a_shape("User", a_key("id"))), alias="_e0", variable="r0"),
            a_group(a_target(("top", "@"), PRODUCT), alias="_e1", variable="r1"),
        ),
        depends_on=(0,),
    )
    plan = a_plan(
        a_root_fetch(0, "people", "{ me { id } top { upc } }"),
        fetch,
        projection=an_object(
            a_field("me", an_object(a_field("age", INT))),
            a_field("top", a_list(an_object(a_field("stock", INT)))),
        ),
    )

    result = await execute_plan(plan, variables={}, context=a_context(people=people, other=other))

    assert other.payloads[0]["variables"] == {
        "r0": [{"__typename": "User", "id": "1"}],
        "r1": [{"__typename": "Product", "upc": "a"}],
    }
    assert result.data == {"me": {"age": 9}, "top": [{"stock": 3}]}


async def test_two_subgraphs_that_answer_one_field_are_merged() -> None:
    """A shared root field: one list from two subgraphs, and a third that goes on below it."""
    one = answering({"data": {"top": [{"id": "1", "a": "a1"}, None, {"id": "3", "a": "a3"}]}})
    two = answering({"data": {"top": [{"b": "b1"}, {"b": "b2"}, None]}})
    more = entities_by("id", {"1": {"c": "c1"}, "3": {"c": "c3"}})
    plan = a_plan(
        a_root_fetch(0, "one", "{ top { id a } }"),
        a_root_fetch(1, "two", "{ top { b } }"),
        an_entity_fetch(
            2, "more", "... on T { c }", a_target(("top", "@"), a_shape("T", a_key("id")))
        ),
        projection=an_object(
            a_field("top", a_list(an_object(a_field("a"), a_field("b"), a_field("c"))))
        ),
    )

    result = await execute_plan(plan, variables={}, context=a_context(one=one, two=two, more=more))

    assert result.data == {
        "top": [
            {"a": "a1", "b": "b1", "c": "c1"},
            {"a": None, "b": "b2", "c": None},
            {"a": "a3", "b": None, "c": "c3"},
        ]
    }


async def test_results_of_one_entity_do_not_mix_where_a_third_subgraph_tells_its_objects_apart() -> (
    None
):
    """Two objects stand for one entity in ``a`` and differ for ``b``, which adds to the same key."""
    roots = answering({"data": {"ones": [{"id": "1", "mood": "x"}, {"id": "1", "mood": "y"}]}})
    first = entities_by("id", {"1": {"detail": {"a": "A"}}})
    second = entities_by("mood", {"x": {"detail": {"b": "X"}}, "y": {"detail": {"b": "Y"}}})
    at = ("ones", "@")
    plan = a_plan(
        a_root_fetch(0, "roots", "{ ones { id mood } }"),
        an_entity_fetch(
            1, "first", "... on T { detail { a } }", a_target(at, a_shape("T", a_key("id")))
        ),
        an_entity_fetch(
            2,
            "second",
            "... on T { detail { b } }",
            a_target(at, a_shape("T", a_key("id"), an_input("mood"))),
        ),
        projection=an_object(
            a_field(
                "ones", a_list(an_object(a_field("detail", an_object(a_field("a"), a_field("b")))))
            )
        ),
    )

    result = await execute_plan(
        plan, variables={}, context=a_context(roots=roots, first=first, second=second)
    )

    assert result.data == {
        "ones": [{"detail": {"a": "A", "b": "X"}}, {"detail": {"a": "A", "b": "Y"}}]
    }


async def test_results_of_one_entity_do_not_mix_between_positions() -> None:
    """The same product is reached twice; below, each place asks another question under the same key."""
    roots = answering({"data": {"left": {"upc": "1"}, "right": {"upc": "1"}}})
    maker = entities_by("upc", {"1": {"maker": {"id": "m"}}})
    plan = a_plan(
        a_root_fetch(0, "roots", "{ left { upc } right { upc } }"),
        an_entity_fetch(
            1,
            "maker",
            "... on Product { maker { id } }",
            a_target(("left",), PRODUCT),
            a_target(("right",), PRODUCT),
        ),
        an_entity_fetch(
            2,
            "dollars",
            '... on Maker { price(in: "USD") }',
            a_target(("left", "maker"), a_shape("Maker", a_key("id"))),
            depends_on=(1,),
        ),
        an_entity_fetch(
            3,
            "euros",
            '... on Maker { price(in: "EUR") }',
            a_target(("right", "maker"), a_shape("Maker", a_key("id"))),
            depends_on=(1,),
        ),
        projection=an_object(
            a_field("left", an_object(a_field("maker", an_object(a_field("price"))))),
            a_field("right", an_object(a_field("maker", an_object(a_field("price"))))),
        ),
    )
    context = a_context(
        roots=roots,
        maker=maker,
        dollars=entities_by("id", {"m": {"price": "$"}}),
        euros=entities_by("id", {"m": {"price": "€"}}),
    )

    result = await execute_plan(plan, variables={}, context=context)

    assert len(maker.representations) == 1
    assert result.data == {"left": {"maker": {"price": "$"}}, "right": {"maker": {"price": "€"}}}


async def test_null_never_overwrites_a_value() -> None:
    one = answering({"data": {"name": "known", "same": {"a": "1"}}})
    two = answering({"data": {"name": None, "same": None}})
    plan = a_plan(
        a_root_fetch(0, "one", "{ name same { a } }"),
        a_root_fetch(1, "two", "{ name same { b } }", depends_on=(0,)),
        projection=an_object(
            a_field("name"), a_field("same", an_object(a_field("a"), a_field("b")))
        ),
    )

    result = await execute_plan(plan, variables={}, context=a_context(one=one, two=two))

    assert result.data == {"name": "known", "same": {"a": "1", "b": None}}


async def test_of_two_subgraphs_that_know_a_leaf_the_first_with_a_value_is_heard() -> None:
    roots = answering({"data": {"it": {"__typename": "Book", "id": "1"}}})
    first = entities_by("id", {"1": {"__typename": "Item", "name": None, "size": 1}})
    second = entities_by("id", {"1": {"name": "known", "size": 2}})
    by_id = a_target(("it",), a_shape("Item", a_key("id")))
    plan = a_plan(
        a_root_fetch(0, "roots", "{ it { __typename id } }"),
        an_entity_fetch(1, "first", "... on Item { __typename name size }", by_id),
        an_entity_fetch(2, "second", "... on Item { name size }", by_id, depends_on=(0, 1)),
        projection=an_object(
            a_field(
                "it",
                a_choice(
                    Book=[a_field("__typename", TYPENAME), a_field("name"), a_field("size", INT)]
                ),
            )
        ),
    )

    result = await execute_plan(
        plan, variables={}, context=a_context(roots=roots, first=first, second=second)
    )

    assert result.data == {"it": {"__typename": "Book", "name": "known", "size": 1}}


async def test_an_operation_that_the_plan_does_not_describe_is_refused() -> None:
    wrong = a_plan(
        a_root_fetch(0, "products", "{ top { upc } }"),
        Fetch(
            id=1,
            subgraph="x",
            kind=OperationKind.QUERY,
            operation="{ other }",
            entities=(a_group(a_target(("top", "@"), PRODUCT)),),
            depends_on=(0,),
        ),
        projection=an_object(),
    )

    with pytest.raises(ExecutionError, match="no field '_entities'"):
        prepare_plan(wrong)


async def test_fragments_in_operations_are_followed() -> None:
    """What a fetch writes is read from its text, however it is written."""
    products = answering(b"")
    operation = "query { ...Q } fragment Q on Query { ... on Query { top: all { upc } } }"
    plan = a_plan(
        a_root_fetch(0, "products", operation),
        projection=an_object(a_field("top"), a_field("other")),
    )

    result = await execute_plan(plan, variables={}, context=a_context(products=products))

    assert [error["path"] for error in result.errors] == [["top"]]


async def test_a_type_condition_in_the_path_lets_only_its_types_pass() -> None:
    media = answering(
        {"data": {"all": [{"__typename": "Book", "id": "1"}, {"__typename": "Film", "id": "2"}]}}
    )
    books = entities_by("id", {"1": {"pages": 10}})
    plan = a_plan(
        a_root_fetch(0, "media", "{ all { __typename id } }"),
        an_entity_fetch(
            1,
            "books",
            "... on Book { pages }",
            a_target(
                ("all", "@", OnTypes(frozenset({"Book"}), "__typename")),
                a_shape("Book", a_key("id")),
            ),
        ),
        projection=an_object(
            a_field("all", a_list(a_choice(Book=[a_field("pages", INT)], Film=[a_field("id")])))
        ),
    )

    result = await execute_plan(plan, variables={}, context=a_context(media=media, books=books))

    assert [item["id"] for item in books.representations] == ["1"]
    assert result.data == {"all": [{"pages": 10}, {"id": "2"}]}


async def test_a_root_fetch_below_the_root_merges_into_the_objects_at_its_path() -> None:
    first = answering({"data": {"add": {"ok": True, "query": {}}}})
    second = answering({"data": {"me": "you"}})
    plan = a_plan(
        a_root_fetch(0, "first", "mutation { add { ok query { __typename } } }"),
        a_root_fetch(1, "second", "{ me }", depends_on=(0,), path=("add", "query")),
        projection=an_object(a_field("add", an_object(a_field("query", an_object(a_field("me")))))),
    )

    result = await execute_plan(plan, variables={}, context=a_context(first=first, second=second))

    assert result.data == {"add": {"query": {"me": "you"}}}


async def test_a_root_fetch_below_the_root_is_not_sent_when_nothing_is_there() -> None:
    first = answering({"data": {"add": None}})
    second = answering({"data": {"me": "you"}})
    plan = a_plan(
        a_root_fetch(0, "first", "mutation { add { query { __typename } } }"),
        a_root_fetch(1, "second", "{ me }", depends_on=(0,), path=("add", "query")),
        projection=an_object(a_field("add", an_object(a_field("query", an_object(a_field("me")))))),
    )

    result = await execute_plan(plan, variables={}, context=a_context(first=first, second=second))

    assert second.requests == []
    assert result.data == {"add": None}


async def test_the_event_of_a_subscription_stands_for_the_answer_of_its_fetch() -> None:
    inventory = entities_by("upc", {"a": {"stock": 4}})
    plan = a_plan(
        a_root_fetch(
            0, "products", "subscription { changed { upc } }", kind=OperationKind.SUBSCRIPTION
        ),
        an_entity_fetch(
            1, "inventory", "... on Product { stock }", a_target(("changed",), PRODUCT)
        ),
        kind=OperationKind.SUBSCRIPTION,
        projection=an_object(a_field("changed", an_object(a_field("stock", INT)))),
    )

    result = await execute_plan(
        plan,
        variables={},
        context=a_context(inventory=inventory),
        received={0: {"data": {"changed": {"upc": "a"}}}},
    )

    assert result.data == {"changed": {"stock": 4}}


async def test_introspection_is_answered_from_the_api_schema() -> None:
    schema = build_schema("type Query { hello(name: String): String }")
    plan = a_plan(
        projection=an_object(a_field("__type", IntrospectionProjection())),
        introspection="query ($n: String!) { __type(name: $n) { name } }",
    )
    context = ExecutionContext(transports={}, introspection=Introspection(schema))

    for name, expected in (
        ("Query", {"name": "Query"}),
        ("Nope", None),
        ("Query", {"name": "Query"}),
    ):
        result = await execute_plan(plan, variables={"n": name, "other": 1}, context=context)

        assert result.data == {"__type": expected}


async def test_introspection_without_a_schema_is_a_wrong_call() -> None:
    plan = a_plan(projection=an_object(), introspection="{ __schema { __typename } }")

    with pytest.raises(ExecutionError, match="no API schema"):
        await execute_plan(plan, variables={}, context=ExecutionContext(transports={}))


async def test_integers_beyond_64_bits_pass_unharmed() -> None:
    big = 123456789012345678901234567890
    things = answering(b'{"data":{"big":%d}}' % big)
    custom = a_field("big", CUSTOM)
    plan = a_plan(a_root_fetch(0, "things", "{ big }"), projection=an_object(custom))

    result = await execute_plan(plan, variables={}, context=a_context(things=things))

    assert result.to_bytes() == b'{"data":{"big":%d}}' % big


async def test_every_call_is_told_to_the_sink() -> None:
    calls: list[SubgraphCall] = []
    products = answering({"data": {"top": [{"upc": "a"}]}})
    inventory = answering(b"<html>")
    context = ExecutionContext(
        transports={"products": products, "inventory": inventory}, on_subgraph_call=calls.append
    )

    result = await execute_plan(products_and_stock(), variables={}, context=context)

    assert [(call.subgraph, call.status, call.error_code) for call in calls] == [
        ("products", 200, None),
        ("inventory", 200, "SUBGRAPH_MALFORMED_RESPONSE"),
    ]
    assert result.subgraph_calls == calls


async def test_a_prepared_plan_serves_many_requests() -> None:
    prepared = prepare_plan(products_and_stock())
    for number in range(4):
        products = answering({"data": {"top": [{"upc": str(number), "name": "n"}]}})
        inventory = entities_by("upc", {str(number): {"stock": number}})

        result = await execute_plan(
            prepared,
            variables={},
            context=a_context(products=products, inventory=inventory),
        )

        assert result.data == {"top": [{"name": "n", "stock": number}]}


async def test_cancelling_the_caller_cancels_every_fetch() -> None:
    never = asyncio.Event()
    one, two = answering({"data": {"a": "1"}}, gate=never), answering({"data": {}}, gate=never)
    plan = a_plan(
        a_root_fetch(0, "one", "{ a }"),
        a_root_fetch(1, "two", "{ b }"),
        projection=an_object(a_field("a"), a_field("b")),
    )
    running = asyncio.create_task(
        execute_plan(plan, variables={}, context=a_context(one=one, two=two))
    )
    await one.asked.wait()
    await two.asked.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert (one.cancelled, two.cancelled) == (1, 1)


async def test_at_the_deadline_what_has_arrived_is_answered() -> None:
    never = asyncio.Event()
    quick = answering({"data": {"a": "1"}})
    slow = answering({"data": {"b": "2"}}, gate=never)
    plan = a_plan(
        a_root_fetch(0, "quick", "mutation { a }", kind=OperationKind.MUTATION),
        a_root_fetch(1, "slow", "mutation { b }", kind=OperationKind.MUTATION, depends_on=(0,)),
        a_root_fetch(2, "quick", "mutation { c }", kind=OperationKind.MUTATION, depends_on=(1,)),
        projection=an_object(a_field("a"), a_field("b"), a_field("c")),
    )
    context = ExecutionContext(
        transports={"quick": quick, "slow": slow},
        deadline=asyncio.get_running_loop().time() + 0.05,
    )

    result = await execute_plan(plan, variables={}, context=context)

    assert result.data == {"a": "1", "b": None, "c": None}
    assert [(error["path"], error["extensions"]["code"]) for error in result.errors] == [
        (["b"], "SUBGRAPH_TIMEOUT"),
        (["c"], "SUBGRAPH_TIMEOUT"),
    ]
    assert result.extensions == {"degraded": ["slow", "quick"]}
    assert slow.cancelled == 1
