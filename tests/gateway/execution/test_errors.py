"""What the client is told when subgraphs report errors or give no usable answer."""

from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from gateway.errors import TransportError
from gateway.execution.errors import MAX_ERRORS, MAX_MESSAGE_LENGTH, MAX_PLACES_PER_ERROR
from gateway.execution.executor import execute_plan
from gateway.execution.prepared_plan import prepare_plan
from gateway.execution.result import ExecutionResult, WireError
from gateway.query_plan.nodes import QueryPlan
from gateway.transports.base import SubgraphResponse
from gateway.transports.errors import SubgraphTimeout, SubgraphUnreachable
from tests.support.fake_transport import FakeTransport, Outcome, a_context, answering, entities_by
from tests.support.plans import (
    INT,
    a_choice,
    a_field,
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

TOP = {"data": {"top": [{"upc": "a"}, {"upc": "b"}, {"upc": "a"}]}}


def stock_plan(*, non_null: bool = False) -> QueryPlan:
    """Products under the client's alias ``best``, with ``left`` and ``price`` from the inventory."""
    product = an_object(
        a_field("id", source="upc"),
        a_field("left", INT, source="stock", non_null=non_null),
        a_field("price", INT),
    )
    return a_plan(
        a_root_fetch(0, "products", "{ top { upc } }"),
        an_entity_fetch(
            1,
            "inventory",
            "... on Product { stock price }",
            a_target(("top", "@"), a_shape("Product", a_key("upc"))),
        ),
        projection=an_object(a_field("best", a_list(product), source="top")),
    )


async def run(plan: QueryPlan, **outcomes: Outcome | FakeTransport) -> ExecutionResult:
    transports = {
        name: outcome if isinstance(outcome, FakeTransport) else answering(outcome)
        for name, outcome in outcomes.items()
    }
    prepared = prepare_plan(plan)
    context = a_context(**transports)
    first, *others = [await execute_plan(prepared, variables={}, context=context) for _ in range(3)]
    # The first is interpreted, the others run generated code: nobody can tell.
    for other in others:
        assert _without_ids(other.errors) == _without_ids(first.errors)
        assert (other.data, other.extensions) == (first.data, first.extensions)
    return first


def _without_ids(errors: list[WireError]) -> list[object]:
    return [{**error, "extensions": {**error["extensions"], "errorId": None}} for error in errors]


def paths(result: ExecutionResult) -> list[object]:
    return [error.get("path") for error in result.errors]


async def test_an_error_of_an_entity_is_expanded_to_every_place_that_uses_it() -> None:
    result = await run(
        stock_plan(),
        products=TOP,
        inventory={
            "data": {"_entities": [{"stock": None, "price": 1}, {"stock": 2, "price": 2}]},
            "errors": [{"message": "broken", "path": ["_entities", 0, "stock"]}],
        },
    )

    assert paths(result) == [["best", 0, "left"], ["best", 2, "left"]]
    assert result.errors[0]["message"] == "broken"
    assert result.errors[0]["extensions"] == {
        "code": "DOWNSTREAM_SERVICE_ERROR",
        "service": "inventory",
    }
    assert result.data == {
        "best": [
            {"id": "a", "left": None, "price": 1},
            {"id": "b", "left": 2, "price": 2},
            {"id": "a", "left": None, "price": 1},
        ]
    }
    assert result.extensions == {"degraded": ["inventory"]}


async def test_a_subgraphs_own_code_and_extensions_are_kept() -> None:
    result = await run(
        stock_plan(),
        products={
            "data": {"top": None},
            "errors": [
                {
                    "message": "no",
                    "path": ["top"],
                    "extensions": {"code": "FORBIDDEN", "hint": 1, "service": "forged"},
                }
            ],
        },
        inventory=entities_by("upc", {}),
    )

    assert result.errors == [
        {
            "message": "no",
            "path": ["best"],
            "extensions": {"code": "FORBIDDEN", "hint": 1, "service": "products"},
        }
    ]


async def test_an_error_at_a_field_the_client_did_not_ask_for_points_at_the_object() -> None:
    result = await run(
        stock_plan(),
        products={
            "data": {"top": [{"upc": "a", "hidden": None}]},
            "errors": [{"message": "no", "path": ["top", 0, "hidden", "deeper"]}],
        },
        inventory=entities_by("upc", {"a": {"stock": 1, "price": 1}}),
    )

    assert paths(result) == [["best", 0]]


async def test_an_error_below_an_abstract_field_follows_the_runtime_type() -> None:
    media = a_choice(
        Book=[a_field("bookName", source="name")], Film=[a_field("filmName", source="name")]
    )
    plan = a_plan(
        a_root_fetch(0, "media", "{ all { __typename name } }"),
        projection=an_object(a_field("all", a_list(media))),
    )

    result = await run(
        plan,
        media={
            "data": {"all": [{"__typename": "Film", "name": None}]},
            "errors": [{"message": "no", "path": ["all", 0, "name"]}],
        },
    )

    assert paths(result) == [["all", 0, "filmName"]]


@pytest.mark.parametrize(
    "path", [["_entities"], ["_entities", "x"], ["other", 0], ["_entities", 9]]
)
async def test_an_error_at_no_entity_in_particular(path: list[object]) -> None:
    result = await run(
        stock_plan(),
        products={"data": {"top": [{"upc": "a"}]}},
        inventory={"data": {"_entities": None}, "errors": [{"message": "no", "path": path}]},
    )

    everywhere: list[object] = [["best", 0, "left"], ["best", 0, "price"]]
    assert paths(result) == (everywhere if path[0] == "_entities" and path[1:] != [9] else [None])
    assert result.data == {"best": [{"id": "a", "left": None, "price": None}]}


async def test_errors_of_odd_shapes_are_told_as_well_as_they_can_be() -> None:
    result = await run(
        stock_plan(),
        products={
            "data": {"top": None},
            "errors": [
                {"message": 5, "path": "top", "extensions": "none"},
                {"message": "deep", "path": ["top", 7, "upc"]},
                {"message": "through a leaf", "path": ["top", 0, "upc", 1, "x"]},
            ],
        },
        inventory=entities_by("upc", {}),
    )

    assert [error["message"] for error in result.errors] == [
        "The subgraph reported an error.",
        "deep",
        "through a leaf",
    ]
    assert paths(result) == [["best"], ["best", 7, "id"], ["best", 0, "id"]]


async def test_an_error_below_a_root_that_is_not_the_trees_is_placed_there() -> None:
    plan = a_plan(
        a_root_fetch(0, "first", "mutation { add { query { __typename } } }"),
        a_root_fetch(1, "second", "{ me { name } }", depends_on=(0,), path=("add", "query")),
        projection=an_object(
            a_field("done", an_object(a_field("query", an_object(a_field("me")))), source="add")
        ),
    )

    result = await run(
        plan,
        first={"data": {"add": {"query": {}}}},
        second={"data": {"me": None}, "errors": [{"message": "no", "path": ["me"]}]},
    )

    assert paths(result) == [["done", "query", "me"]]


async def test_an_error_without_a_path_is_told_for_all_fields_when_there_is_no_data() -> None:
    result = await run(
        stock_plan(),
        products=TOP,
        inventory={"data": None, "errors": [{"message": "unauthorised"}]},
    )

    assert paths(result) == [
        ["best", 0, "left"],
        ["best", 0, "price"],
        ["best", 1, "left"],
        ["best", 1, "price"],
        ["best", 2, "left"],
        ["best", 2, "price"],
    ]


async def test_an_error_without_a_path_stays_without_one_when_there_is_data() -> None:
    result = await run(
        stock_plan(),
        products={**TOP, "errors": [{"message": "by the way"}]},
        inventory=entities_by("upc", {}),
    )

    assert result.errors == [
        {
            "message": "by the way",
            "extensions": {"code": "DOWNSTREAM_SERVICE_ERROR", "service": "products"},
        }
    ]


async def test_null_that_a_subgraph_error_explains_brings_no_second_error() -> None:
    result = await run(
        stock_plan(non_null=True),
        products=TOP,
        inventory={
            "data": {"_entities": [{"stock": None, "price": 1}, {"stock": 2, "price": 2}]},
            "errors": [{"message": "broken", "path": ["_entities", 0, "stock"]}],
        },
    )

    assert result.data == {"best": [None, {"id": "b", "left": 2, "price": 2}, None]}
    assert [error["message"] for error in result.errors] == ["broken", "broken"]


async def test_null_that_nothing_explains_is_an_error_of_its_own() -> None:
    result = await run(
        stock_plan(non_null=True),
        products={"data": {"top": [{"upc": "a"}]}},
        inventory={"data": {"_entities": [{"stock": None, "price": 1}]}},
    )

    assert result.data == {"best": [None]}
    assert result.errors == [
        {
            "message": "Cannot return null for non-nullable field Thing.left.",
            "path": ["best", 0, "left"],
            "extensions": {"code": "RESPONSE_VALIDATION_FAILED", "service": "inventory"},
        }
    ]


FAILURES: dict[str, tuple[Outcome, str]] = {
    "status 500 with html": (SubgraphResponse(500, b"<h1>oops</h1>"), "SUBGRAPH_BAD_STATUS"),
    "status 503, empty": (SubgraphResponse(503, b""), "SUBGRAPH_BAD_STATUS"),
    "status 302": (SubgraphResponse(302, b""), "SUBGRAPH_BAD_STATUS"),
    "html": (b"<html>login</html>", "SUBGRAPH_MALFORMED_RESPONSE"),
    "truncated": (b'{"data": {"_entities": [{"st', "SUBGRAPH_MALFORMED_RESPONSE"),
    "empty": (b"", "SUBGRAPH_MALFORMED_RESPONSE"),
    "not utf-8": (b'{"data": "\xff"}', "SUBGRAPH_MALFORMED_RESPONSE"),
    "not finite": (b'{"data": {"_entities": NaN}}', "SUBGRAPH_MALFORMED_RESPONSE"),
    "a list": (b"[]", "SUBGRAPH_MALFORMED_RESPONSE"),
    "nothing": ({}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "data null, no errors": ({"data": None}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "data null, no errors in a list": ({"data": None, "errors": []}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "data of another kind": ({"data": [1]}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "errors of another kind": ({"data": {}, "errors": "no"}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "an error of another kind": ({"data": {}, "errors": ["no"]}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "fields missing": ({"data": {}}, "SUBGRAPH_MALFORMED_RESPONSE"),
    "out of reach": (SubgraphUnreachable("secret-host:8080 refused"), "SUBGRAPH_UNREACHABLE"),
    "too slow": (SubgraphTimeout("secret-host:8080"), "SUBGRAPH_TIMEOUT"),
    "some transport error": (TransportError("secret-host"), "SUBGRAPH_REQUEST_FAILED"),
    "a bug": (RuntimeError("secret-host"), "PLAN_EXECUTION_FAILED"),
}
ENTITY_FAILURES: dict[str, Outcome] = {
    "too short": {"data": {"_entities": [{"stock": 1, "price": 1}]}},
    "too long": {"data": {"_entities": [{"stock": 1, "price": 1}] * 3}},
    "null without an error": {"data": {"_entities": None}},
    "not a list": {"data": {"_entities": {"stock": 1}}},
    "not objects": {"data": {"_entities": [1, 2]}},
    "deeply nested": b'{"data": {"_entities": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_failed_root_fetch_nulls_its_own_fields_with_an_error_each(name: str) -> None:
    outcome, code = FAILURES[name]
    plan = a_plan(
        a_root_fetch(0, "good", "{ a }"),
        a_root_fetch(1, "bad", "{ b c }"),
        projection=an_object(a_field("a"), a_field("first", source="b"), a_field("c")),
    )

    result = await run(plan, good={"data": {"a": "1"}}, bad=outcome)

    assert result.data == {"a": "1", "first": None, "c": None}
    assert paths(result) == [["first"], ["c"]]
    assert {error["extensions"]["code"] for error in result.errors} == {code}
    assert {error["extensions"]["service"] for error in result.errors} == {"bad"}
    assert result.extensions == {"degraded": ["bad"]}
    assert b"secret" not in result.to_bytes()


@pytest.mark.parametrize("name", [*FAILURES, *ENTITY_FAILURES])
async def test_a_failed_entity_fetch_nulls_its_own_fields_with_an_error_each(name: str) -> None:
    outcome = FAILURES[name][0] if name in FAILURES else ENTITY_FAILURES[name]

    result = await run(stock_plan(), products=TOP, inventory=outcome)

    assert result.data == {
        "best": [{"id": upc, "left": None, "price": None} for upc in ("a", "b", "a")]
    }
    assert paths(result) == [
        ["best", index, key] for index in range(3) for key in ("left", "price")
    ]
    assert len({error["extensions"]["errorId"] for error in result.errors}) == 1
    assert result.extensions == {"degraded": ["inventory"]}


async def test_a_graphql_response_counts_whatever_its_status() -> None:
    body = json.dumps(
        {"errors": [{"message": "sign in", "extensions": {"code": "UNAUTHENTICATED"}}]}
    )

    result = await run(
        stock_plan(),
        products=SubgraphResponse(401, body.encode()),
        inventory=entities_by("upc", {}),
    )

    assert result.data == {"best": None}
    assert result.errors == [
        {
            "message": "sign in",
            "path": ["best"],
            "extensions": {"code": "UNAUTHENTICATED", "service": "products"},
        }
    ]
    assert result.extensions == {}


async def test_an_entity_of_the_wrong_type_brings_none_of_its_fields() -> None:
    result = await run(
        stock_plan(),
        products={"data": {"top": [{"upc": "a"}]}},
        inventory={"data": {"_entities": [{"__typename": "User"}]}},
    )

    assert result.data == {"best": [{"id": "a", "left": None, "price": None}]}


async def test_values_of_the_wrong_shape_are_errors_at_their_fields() -> None:
    result = await run(
        stock_plan(),
        products={"data": {"top": "nothing like a list"}},
        inventory=entities_by("upc", {}),
    )

    assert result.data == {"best": None}
    assert paths(result) == [["best"]]


async def test_an_unknown_subgraph_is_an_error_at_its_fields() -> None:
    plan = a_plan(a_root_fetch(0, "nobody", "{ a }"), projection=an_object(a_field("a")))

    result = await run(plan)

    assert result.data == {"a": None}
    assert result.errors[0]["extensions"]["code"] == "PLAN_EXECUTION_FAILED"


async def test_a_failure_that_hits_many_places_is_told_for_some() -> None:
    many = {"data": {"top": [{"upc": str(number)} for number in range(1000)]}}

    result = await run(stock_plan(non_null=True), products=many, inventory=b"")

    assert len(result.errors) == MAX_PLACES_PER_ERROR
    further = {error["extensions"]["furtherPlaces"] for error in result.errors}
    assert further == {2 * 1000 - MAX_PLACES_PER_ERROR}
    assert result.data == {"best": [None] * 1000}


async def test_thousands_of_errors_are_told_up_to_a_limit() -> None:
    count = 1200
    broken = [{"stock": None, "price": None}] * count
    errors = [{"message": "no", "path": ["_entities", index, "stock"]} for index in range(count)]

    result = await run(
        stock_plan(non_null=True),
        products={"data": {"top": [{"upc": str(number)} for number in range(count)]}},
        inventory={"data": {"_entities": broken}, "errors": errors},
    )

    assert len(result.errors) == MAX_ERRORS
    assert {error["message"] for error in result.errors} == {"no"}
    assert result.data == {"best": [None] * count}
    assert result.extensions == {"degraded": ["inventory"], "omittedErrors": count - MAX_ERRORS}


async def test_wrong_values_by_the_thousand_are_told_up_to_a_limit() -> None:
    count = 1200
    result = await run(
        stock_plan(),
        products={"data": {"top": [{"upc": str(number)} for number in range(count)]}},
        inventory={"data": {"_entities": [{"stock": "many", "price": 1}] * count}},
    )

    assert len(result.errors) == MAX_ERRORS
    assert result.extensions == {"degraded": ["inventory"], "omittedErrors": count - MAX_ERRORS}


async def test_nobody_is_asked_with_inputs_that_a_failed_subgraph_owed() -> None:
    plan = a_plan(
        a_root_fetch(0, "products", "{ top { upc } }"),
        an_entity_fetch(
            1,
            "prices",
            "... on Product { price }",
            a_target(("top", "@"), a_shape("Product", a_key("upc"))),
        ),
        an_entity_fetch(
            2,
            "shipping",
            "... on Product { shipping }",
            a_target(("top", "@"), a_shape("Product", a_key("upc"), an_input("price"))),
            depends_on=(0, 1),
        ),
        projection=an_object(
            a_field("top", a_list(an_object(a_field("price", INT), a_field("shipping", INT))))
        ),
    )
    shipping = entities_by("upc", {"a": {"shipping": 5}, "b": {"shipping": 6}})

    result = await run(plan, products=TOP, prices=SubgraphResponse(500, b""), shipping=shipping)

    assert shipping.requests == []
    assert result.data == {"top": [{"price": None, "shipping": None}] * 3}
    assert paths(result) == [
        ["top", index, key] for key in ("price", "shipping") for index in range(3)
    ]
    assert {error["extensions"]["service"] for error in result.errors} == {"prices"}
    assert len({error["extensions"]["errorId"] for error in result.errors}) == 1
    assert result.extensions == {"degraded": ["prices"]}


async def test_whoever_failed_first_is_blamed_for_all_that_waited_for_it() -> None:
    """Three steps, each needing what the one before brings; the middle one is never asked, nor is the last."""
    step = ("top", "@")
    plan = a_plan(
        a_root_fetch(0, "products", "{ top { upc } }"),
        an_entity_fetch(
            1,
            "prices",
            "... on Product { price }",
            a_target(step, a_shape("Product", a_key("upc"))),
        ),
        an_entity_fetch(
            2,
            "weights",
            "... on Product { weight }",
            a_target(step, a_shape("Product", a_key("upc"), an_input("price"))),
            depends_on=(0, 1),
        ),
        an_entity_fetch(
            3,
            "shipping",
            "... on Product { shipping }",
            a_target(step, a_shape("Product", a_key("upc"), an_input("weight"))),
            depends_on=(0, 2),
        ),
        projection=an_object(
            a_field(
                "top",
                a_list(
                    an_object(
                        a_field("price", INT),
                        a_field("weight", INT),
                        a_field("cost", INT, source="shipping"),
                    )
                ),
            )
        ),
    )
    weights, shipping = entities_by("upc", {}), entities_by("upc", {})
    products = {"data": {"top": [{"upc": "a"}]}}
    broken = {"data": None, "errors": [{"message": "no", "extensions": {"code": "SOLD_OUT"}}]}

    result = await run(plan, products=products, prices=broken, weights=weights, shipping=shipping)

    assert weights.requests == shipping.requests == []
    assert [(error["path"], error["extensions"]) for error in result.errors] == [
        (["top", 0, key], {"code": "SOLD_OUT", "service": "prices"})
        for key in ("price", "weight", "cost")
    ]
    assert result.extensions == {}


@pytest.mark.parametrize(
    ("error", "degrades"),
    [
        ({"message": "no", "path": ["top"]}, True),
        ({"message": "no", "path": ["top"], "extensions": {"code": "Internal-Error"}}, True),
        ({"message": "no", "path": ["top"], "extensions": {"code": "FORBIDDEN"}}, False),
    ],
)
async def test_a_refusal_leaves_nothing_missing(error: object, degrades: bool) -> None:
    result = await run(
        stock_plan(),
        products={"data": {"top": None}, "errors": [error]},
        inventory=entities_by("upc", {}),
    )

    assert paths(result) == [["best"]]
    assert result.extensions == ({"degraded": ["products"]} if degrades else {})


async def test_a_remark_leaves_nothing_missing() -> None:
    result = await run(
        stock_plan(),
        products={**TOP, "errors": [{"message": "by the way"}]},
        inventory=entities_by(
            "upc", {"a": {"stock": 1, "price": 1}, "b": {"stock": 1, "price": 1}}
        ),
    )

    assert paths(result) == [None]
    assert result.extensions == {}


async def test_what_a_subgraph_says_at_length_is_cut() -> None:
    error = {
        "message": "m" * 10_000,
        "extensions": {"code": "WORDY", "more": "x" * 20_000},
    }

    result = await run(
        stock_plan(), products={"data": None, "errors": [error]}, inventory=entities_by("upc", {})
    )

    (told,) = result.errors
    assert told["message"] == "m" * MAX_MESSAGE_LENGTH + "…"
    assert told["extensions"] == {"code": "WORDY", "service": "products"}


@pytest.mark.parametrize("index", [3, -1])
async def test_an_error_at_an_item_that_is_not_there_points_at_the_list(index: int) -> None:
    result = await run(
        stock_plan(),
        products={**TOP, "errors": [{"message": "no", "path": ["top", index, "upc"]}]},
        inventory=entities_by("upc", {}),
    )

    assert paths(result) == [["best"]]


async def test_failures_are_told_in_the_plans_order() -> None:
    plan = a_plan(
        a_root_fetch(0, "late", "{ a }"),
        a_root_fetch(1, "early", "{ b }"),
        projection=an_object(a_field("a"), a_field("b")),
    )

    result = await run(plan, late=b"", early=TransportError("at once"))

    assert paths(result) == [["a"], ["b"]]
    assert result.extensions == {"degraded": ["late", "early"]}


# -- one error for each field -----------------------------------------------------------------


def shared_plan(*, non_null: bool = False) -> QueryPlan:
    """One shareable object, a part of which comes from either subgraph."""
    shared = an_object(a_field("x", INT), a_field("y", INT, non_null=non_null))
    return a_plan(
        a_root_fetch(0, "first", "{ me { x } }"),
        a_root_fetch(1, "second", "{ me { y } }"),
        projection=an_object(a_field("me", shared)),
    )


def refusing(*path: str | int, data: object = None) -> dict[str, object]:
    return {"data": data, "errors": [{"message": f"no {path[-1]}", "path": list(path)}]}


def told(result: ExecutionResult) -> list[tuple[object, object]]:
    return [(error["message"], error.get("path")) for error in result.errors]


async def test_two_subgraphs_that_refuse_one_field_bring_one_error() -> None:
    with capture_logs() as lines:
        result = await run(
            shared_plan(),
            first=refusing("me", data={"me": None}),
            second={"data": {"me": None}, "errors": [{"message": "nor here", "path": ["me"]}]},
        )

    assert told(result) == [("no me", ["me"])]
    assert result.extensions == {"degraded": ["first", "second"]}
    # What the client is not told, the log has.
    assert {(line["subgraph"], line["reason"]) for line in lines} == {("second", "nor here")}


async def test_two_subgraphs_that_fail_at_one_field_bring_one_error() -> None:
    result = await run(
        shared_plan(), first=SubgraphTimeout("late"), second=SubgraphUnreachable("gone")
    )

    assert paths(result) == [["me"]]
    assert result.errors[0]["extensions"]["code"] == "SUBGRAPH_TIMEOUT"
    assert result.extensions == {"degraded": ["first", "second"]}


async def test_a_subgraph_that_repeats_itself_is_heard_once() -> None:
    no = {"message": "no", "path": ["me", "x"], "extensions": {"code": "FORBIDDEN"}}

    result = await run(
        shared_plan(),
        first={"data": {"me": {"x": None}}, "errors": [no] * (MAX_ERRORS + 1)},
        second={"data": {"me": {"y": 1}}},
    )

    assert told(result) == [("no", ["me", "x"])]


@pytest.mark.parametrize("non_null", [False, True])
@pytest.mark.parametrize("is_refused", [False, True])
async def test_what_one_of_two_owed_of_an_object_is_told_at_its_fields(
    *, non_null: bool, is_refused: bool
) -> None:
    result = await run(
        shared_plan(non_null=non_null),
        first={"data": {"me": {"x": 1}}},
        second=refusing("me", data={"me": None}) if is_refused else SubgraphTimeout("late"),
    )

    assert result.data == {"me": None if non_null else {"x": 1, "y": None}}
    assert paths(result) == [["me", "y"]]


async def test_each_of_two_is_told_for_its_own_fields() -> None:
    result = await run(
        shared_plan(),
        first=refusing("me", data={"me": None}),
        second=refusing("me", "y", data={"me": {"y": None}}),
    )

    assert result.data == {"me": {"x": None, "y": None}}
    assert told(result) == [("no me", ["me", "x"]), ("no y", ["me", "y"])]


async def test_an_error_about_an_entity_is_told_at_the_fields_that_it_owed() -> None:
    result = await run(
        stock_plan(),
        products={"data": {"top": [{"upc": "a"}, {"upc": "b"}]}},
        inventory=refusing("_entities", 0, data={"_entities": [None, {"stock": 1, "price": 1}]}),
    )

    assert paths(result) == [["best", 0, "left"], ["best", 0, "price"]]


async def test_every_name_of_a_field_without_a_value_has_an_error() -> None:
    item = an_object(a_field("p", INT, source="x"), a_field("q", INT, source="x"))
    plan = a_plan(
        a_root_fetch(0, "numbers", "{ all { x } }"),
        projection=an_object(
            a_field("one", a_list(item), source="all"), a_field("two", a_list(item), source="all")
        ),
    )

    result = await run(plan, numbers=refusing("all", 1, "x", data={"all": [{"x": 1}, {"x": None}]}))

    assert paths(result) == [
        ["one", 1, "p"], ["one", 1, "q"], ["two", 1, "p"], ["two", 1, "q"],
    ]  # fmt: skip


async def test_an_error_below_null_is_told_where_the_subgraph_says() -> None:
    """Null climbs in the subgraph from ``x`` to ``me``: the error is about ``x``, and explains both."""
    result = await run(
        shared_plan(),
        first=refusing("me", "x", data={"me": None}),
        second=refusing("me", "y", data={"me": None}),
    )

    assert result.data == {"me": None}
    assert told(result) == [("no x", ["me", "x"]), ("no y", ["me", "y"])]
