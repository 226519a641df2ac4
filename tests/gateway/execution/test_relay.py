"""Answers that are handed on as they came: which can be, and that none is which the projection would have changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.execution.executor import execute_plan
from gateway.execution.likeness_source import compile_check
from gateway.execution.prepared_plan import PreparedPlan, prepare_plan
from gateway.execution.projection_interpreter import interpret_projection
from gateway.query_plan.nodes import ObjectProjection, QueryPlan, TypenameProjection
from tests.support.fake_transport import FakeTransport, a_context
from tests.support.plans import (
    CUSTOM,
    ID,
    INT,
    TYPENAME,
    a_choice,
    a_field,
    a_key,
    a_list,
    a_plan,
    a_root_fetch,
    a_shape,
    a_target,
    an_entity_fetch,
    an_enum,
    an_object,
)
from tests.support.projections import unrenamed_projections_and_trees

SHOP = "{ top { id name } count }"
SHOP_SHAPE = an_object(
    a_field("top", a_list(an_object(a_field("id", ID, non_null=True), a_field("name")))),
    a_field("count", INT),
)
RIGHT = '{"data":{"top":[{"id":"1","name":"Bowl"},null,{"id":"2","name":null}],"count":3}}'


def the_shop() -> PreparedPlan:
    return prepare_plan(a_plan(a_root_fetch(0, "shop", SHOP), projection=SHOP_SHAPE))


async def answers(plan: PreparedPlan, *bodies: str) -> list[bytes]:
    """What the client gets where the subgraph says ``bodies``, after a first answer in which nothing is compiled."""
    rest = iter([bodies[0], *bodies])
    shop = FakeTransport(lambda _: next(rest).encode())
    context = a_context(shop=shop)
    results = [
        await execute_plan(plan, variables={}, context=context) for _ in range(len(bodies) + 1)
    ]
    return [result.to_bytes() for result in results[1:]]


async def test_an_answer_that_is_the_clients_is_handed_on_to_the_byte() -> None:
    spaced = json.dumps(json.loads(RIGHT))

    assert await answers(the_shop(), RIGHT, spaced) == [RIGHT.encode(), spaced.encode()]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"data":{"top":[],"count":1,"secret":"x"}}', {"top": [], "count": 1}),
        (
            '{"data":{"top":[{"id":"1","name":"a","secret":"x"}],"count":1}}',
            {"top": [{"id": "1", "name": "a"}], "count": 1},
        ),
        ('{"data":{"top":[{"id":7,"name":"a"}],"count":1}}', {"top": [{"id": "7", "name": "a"}], "count": 1}),
        ('{"data":{"top":[{"id":"1"}],"count":1}}', {"top": [{"id": "1", "name": None}], "count": 1}),
        ('{"data":{"top":[],"count":1},"extensions":{"secret":1}}', {"top": [], "count": 1}),
        ('{"data":{"top":[],"count":1},"errors":[]}', {"top": [], "count": 1}),
        ('{"data":{"top":[],"count":"secret","count":1}}', {"top": [], "count": 1}),
        ('{"data":{"top":["secret"],"count":0},"data":{"top":[],"count":1}}', {"top": [], "count": 1}),
        (' {"data":{"top":[],"count":1}}', {"top": [], "count": 1}),
        ('\ufeff{"data":{"top":[],"count":1}}', {"top": [], "count": 1}),
        (
            '{"data":{"top":[{"id":"1","name":"\\"a\\":"}],"count":1}}',
            {"top": [{"id": "1", "name": '"a":'}], "count": 1},
        ),
    ],
)  # fmt: skip
async def test_what_is_more_or_other_than_the_client_asked_for_is_not(
    body: str, expected: dict[str, Any]
) -> None:
    plan = the_shop()

    before, answer, after = await answers(plan, RIGHT, body, RIGHT)

    assert json.loads(answer) == {"data": expected}
    assert b"secret" not in answer
    assert answer.startswith(b'{"data":')
    assert answer.count(b'"count"') == answer.count(b'"data"') == 1
    assert (before, after) == (RIGHT.encode(), RIGHT.encode())


@pytest.mark.parametrize(
    "body",
    [
        '{"data":{"top":[{"id":null,"name":"a"}],"count":1}}',
        '{"data":{"top":{"id":"1","name":"a"},"count":1}}',
        '{"data":{"top":["1"],"count":1}}',
        '{"data":{"top":[["id","name"]],"count":1}}',
        '{"data":{"top":[],"count":2147483648}}',
        '{"data":{"top":[],"count":1.5}}',
        '{"data":{"top":[],"count":true}}',
    ],
)
async def test_what_is_not_as_the_schema_says_is_not(body: str) -> None:
    plan = the_shop()
    rest = iter([RIGHT, body])
    context = a_context(shop=FakeTransport(lambda _: next(rest).encode()))

    await execute_plan(plan, variables={}, context=context)
    result = await execute_plan(plan, variables={}, context=context)

    wire = json.loads(result.to_bytes())
    # Only true has a value as an Int.
    assert ("errors" in wire) != ("true" in body)
    assert result.to_bytes() != body.encode()


async def test_errors_keep_an_answer_from_being_handed_on() -> None:
    body = '{"data":{"top":null,"count":1},"errors":[{"message":"No.","path":["top"]}]}'

    (answer,) = await answers(the_shop(), body)

    assert [error["path"] for error in json.loads(answer)["errors"]] == [["top"]]


async def test_who_never_answers_the_like_is_not_looked_through_for_ever() -> None:
    plan = the_shop()
    wrong = '{"data":{"top":[{"id":7,"name":"a"}],"count":1}}'
    spaced = json.dumps(json.loads(RIGHT))

    replies = await answers(plan, *[wrong] * 3, *[spaced] * 1001)

    projected, relayed = RIGHT.encode(), spaced.encode()
    assert replies[3:] == [projected] * 1000 + [relayed]


async def test_custom_scalars_keep_their_every_digit() -> None:
    plan = prepare_plan(
        a_plan(
            a_root_fetch(0, "shop", "{ size any }"),
            projection=an_object(a_field("size", CUSTOM, non_null=True), a_field("any", CUSTOM)),
        )
    )
    long = '{"data":{"size":123456789012345678901234567890,"any":null}}'
    nested = '{"data": {"size":{"deep":[1]},"any":null}}'

    assert await answers(plan, long, nested) == [
        long.encode(),
        b'{"data":{"size":{"deep":[1]},"any":null}}',
    ]


MEDIA = "{ media { __typename ... on Book { isbn kind } ... on Film { minutes kind } } }"
KIND = an_enum("OLD", "NEW")


@pytest.mark.parametrize(
    ("item", "is_like"),
    [
        ('{"__typename":"Book","isbn":"1","kind":"OLD"}', True),
        ('{"__typename":"Film","minutes":2,"kind":null}', True),
        ('{"__typename":"Film","kind":null,"minutes":2}', False),
        ('{"__typename":"Film","isbn":"1","kind":"OLD"}', False),
        ('{"__typename":"Hidden","isbn":"1","kind":"OLD"}', False),
        ('{"__typename":"Book","isbn":"1","kind":"SECRET"}', False),
        ('{"__typename":"Book","isbn":"1"}', False),
        ('{"isbn":"1","kind":"OLD"}', False),
        ('{"__typename":["Book"],"isbn":"1","kind":"OLD"}', False),
    ],
)
async def test_objects_are_held_against_their_own_type(item: str, is_like: bool) -> None:
    typename = a_field("__typename", TYPENAME, non_null=True)
    media = a_choice(
        Book=[typename, a_field("isbn"), a_field("kind", KIND)],
        Film=[typename, a_field("minutes", INT), a_field("kind", KIND)],
    )
    plan = prepare_plan(
        a_plan(
            a_root_fetch(0, "shop", MEDIA), projection=an_object(a_field("media", a_list(media)))
        )
    )
    body = f'{{"data": {{"media": [{item}]}}}}'

    (answer,) = await answers(plan, body)

    assert (answer == body.encode()) == is_like
    assert b"SECRET" not in answer
    assert b"Hidden" not in answer


def plans_that_hide_or_change() -> dict[str, QueryPlan]:
    """Plans whose every answer has to be projected."""
    name = an_object(a_field("name"))
    kind = a_choice("_t", Book=[a_field("name")])
    return {
        "a key too many": a_plan(
            a_root_fetch(0, "shop", "{ it { id name } }"), projection=an_object(a_field("it", name))
        ),
        "a key that the gateway writes": a_plan(
            a_root_fetch(0, "shop", "{ it { name } }"),
            projection=an_object(
                a_field(
                    "it",
                    an_object(a_field("__typename", TypenameProjection("It")), a_field("name")),
                )
            ),
        ),
        "another name": a_plan(
            a_root_fetch(0, "shop", "{ it { _h1: name } }"),
            projection=an_object(a_field("it", an_object(a_field("name", source="_h1")))),
        ),
        "another order": a_plan(
            a_root_fetch(0, "shop", "{ b a }"), projection=an_object(a_field("a"), a_field("b"))
        ),
        "a hidden type": a_plan(
            a_root_fetch(0, "shop", "{ it { _t: __typename name } }"),
            projection=an_object(a_field("it", kind)),
        ),
        "a key that nobody can give": a_plan(
            a_root_fetch(0, "shop", "{ it { name } }"),
            projection=an_object(a_field("it", an_object(a_field("name"), a_field("not")))),
        ),
        "two fetches": a_plan(
            a_root_fetch(0, "shop", "{ it { name } }"),
            an_entity_fetch(
                1, "other", "... on It { size }", a_target(("it",), a_shape("It", a_key("name")))
            ),
            projection=an_object(a_field("it", an_object(a_field("name"), a_field("size")))),
        ),
    }


@pytest.mark.parametrize("reason", plans_that_hide_or_change())
def test_plans_that_hide_or_change_something_have_no_relay(reason: str) -> None:
    assert prepare_plan(plans_that_hide_or_change()[reason]).relay is None


async def test_a_typename_that_the_subgraph_gives_is_held_against_the_only_one() -> None:
    plan = prepare_plan(
        a_plan(
            a_root_fetch(0, "shop", "{ it { __typename } }"),
            projection=an_object(
                a_field("it", an_object(a_field("__typename", TypenameProjection("It"))))
            ),
        )
    )
    right, renamed = '{"data": {"it":{"__typename":"It"}}}', '{"data": {"it":{"__typename":"Its"}}}'

    assert await answers(plan, right, renamed) == [
        right.encode(),
        b'{"data":{"it":{"__typename":"It"}}}',
    ]


# -- properties: what passes the check is what the projection makes of it -------------------------


@given(st.sampled_from([6, 20]).flatmap(unrenamed_projections_and_trees))
def test_what_passes_is_what_the_projection_makes_of_it(
    case: tuple[ObjectProjection, dict[str, Any]],
) -> None:
    projection, tree = case
    slow = interpret_projection(projection, tree)

    try:
        keys = compile_check(projection)(tree)
    except Exception:  # noqa: BLE001 - giving up is always allowed
        return

    assert not slow.problems
    assert slow.data == tree
    assert keys <= json.dumps(tree).count('":')


@given(unrenamed_projections_and_trees(noise=20))
def test_what_has_been_projected_passes(case: tuple[ObjectProjection, dict[str, Any]]) -> None:
    projection, tree = case
    projected = interpret_projection(projection, tree).data
    assume(projected is not None)
    assert projected is not None

    assert compile_check(projection)(projected) >= len(projected)
