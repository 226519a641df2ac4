"""The projection: what the client sees of the response tree, and that both of its programs agree."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.projection import Projector
from gateway.execution.projection_interpreter import interpret_projection
from gateway.execution.projection_source import Irregular, compile_projection
from gateway.execution.result import JsonObject
from gateway.execution.written_keys import Position, WrittenKeys
from gateway.query_plan.nodes import (
    LeafProjection,
    ListProjection,
    ObjectProjection,
    ValueProjection,
)
from tests.support.plans import (
    BOOLEAN,
    CUSTOM,
    FLOAT,
    ID,
    INT,
    STRING,
    TYPENAME,
    a_choice,
    a_field,
    a_list,
    an_enum,
    an_object,
)
from tests.support.projections import (
    projections_and_trees,
    same,
    unrenamed_projections_and_trees,
)


def test_keys_stand_in_the_clients_order_under_the_clients_names() -> None:
    projection = an_object(a_field("b"), a_field("a", source="_h1"), a_field("again", source="b"))

    data = compile_projection(projection)({"_h1": "one", "b": "two", "secret": "no"})

    assert list(data.items()) == [("b", "two"), ("a", "one"), ("again", "two")]


def test_an_absent_key_counts_as_null() -> None:
    projection = an_object(a_field("things", a_list(an_object(a_field("a"), a_field("b")))))

    data = compile_projection(projection)({"things": [{"a": "1"}, {}, None]})

    assert data == {"things": [{"a": "1", "b": None}, {"a": None, "b": None}, None]}


def test_the_runtime_type_decides_which_fields_there_are() -> None:
    media = a_choice(
        Book=[a_field("kind", TYPENAME, non_null=True), a_field("isbn")],
        Film_or_Clip=[a_field("minutes", INT), a_field("kind", TYPENAME)],
    )
    projection = an_object(a_field("media", a_list(media)))

    data = compile_projection(projection)(
        {
            "media": [
                {"__typename": "Clip", "minutes": 3, "isbn": "no"},
                {"__typename": "Book", "isbn": "1"},
                {"__typename": "Hidden", "isbn": "no"},
            ]
        }
    )

    assert data == {"media": [{"minutes": 3, "kind": "Clip"}, {"kind": "Book", "isbn": "1"}, None]}


def test_an_object_of_an_unknown_type_is_null_without_an_error() -> None:
    projection = an_object(a_field("thing", a_choice(Known=[a_field("a")])))

    assert interpret_projection(projection, {"thing": {"__typename": "Other"}}) == (
        {"thing": None},
        [],
    )


def test_null_climbs_to_the_nearest_place_that_may_be_null() -> None:
    name = a_field("name", non_null=True)
    things = a_list(an_object(name), item_non_null=True)
    projection = an_object(a_field("nice", an_object(a_field("things", things, non_null=True))))

    data, problems = interpret_projection(
        projection, {"nice": {"things": [{"name": "a"}, {"name": None}]}}
    )

    assert data == {"nice": None}
    assert [(problem.path, problem.message) for problem in problems] == [
        (("nice", "things", 1, "name"), "Cannot return null for non-nullable field Thing.name.")
    ]


def test_null_that_climbs_to_the_top_leaves_no_data() -> None:
    projection = an_object(a_field("a", non_null=True), a_field("b"))

    data, problems = Projector(projection).project({"b": "x"})

    assert data is None
    assert [problem.path for problem in problems] == [("a",)]


def test_a_value_outside_the_enum_is_null_with_an_error() -> None:
    projection = an_object(a_field("colour", an_enum("RED")))

    data, problems = interpret_projection(projection, {"colour": "SECRET_GREEN"})

    assert data == {"colour": None}
    assert [problem.path for problem in problems] == [("colour",)]
    assert "SECRET_GREEN" not in problems[0].message


@pytest.mark.parametrize(
    ("leaf", "raw", "completed"),
    [
        (STRING, 5, "5"),
        (STRING, True, "true"),
        (ID, 7, "7"),
        (INT, 3.0, 3),
        (INT, True, 1),
        (FLOAT, 3, 3),
        (FLOAT, True, 1),
        (BOOLEAN, 1, True),
        (CUSTOM, {"any": ["thing"]}, {"any": ["thing"]}),
    ],
)
def test_leaves_are_coerced_as_the_specification_says(
    leaf: LeafProjection, raw: object, completed: object
) -> None:
    projector = Projector(an_object(a_field("leaf", leaf)))

    for _ in range(3):
        data, problems = projector.project({"leaf": raw})

        assert data == {"leaf": completed}
        assert type(data["leaf"]) is type(completed)
        assert not problems


@pytest.mark.parametrize(
    ("leaf", "raw"),
    [
        (INT, 2**31),
        (INT, 1.5),
        (INT, "many"),
        (FLOAT, "much"),
        (FLOAT, [1.0]),
        (BOOLEAN, "yes"),
        (STRING, {"a": 1}),
        (STRING, ["a"]),
        (ID, True),
        (ID, {}),
    ],
)
def test_a_leaf_that_cannot_be_coerced_is_null_with_an_error(
    leaf: LeafProjection, raw: object
) -> None:
    projector = Projector(an_object(a_field("leaf", leaf)))

    for _ in range(3):
        data, problems = projector.project({"leaf": raw})

        assert data == {"leaf": None}
        assert [problem.path for problem in problems] == [("leaf",)]


# -- properties: a projection and a tree, then both programs -------------------------------------


@given(projections_and_trees(noise=6))
def test_generated_code_agrees_with_the_interpreter_on_ill_typed_trees(
    case: tuple[ObjectProjection, dict[str, Any]],
) -> None:
    projection, tree = case
    slow = interpret_projection(projection, tree)
    compiled = compile_projection(projection)

    try:
        fast = compiled(tree)
    except Exception:  # noqa: BLE001 - giving up is always allowed
        return

    assert not slow.problems
    assert same(fast, slow.data)


@given(projections_and_trees(noise=0))
def test_generated_code_does_not_give_up_on_well_typed_trees(
    case: tuple[ObjectProjection, dict[str, Any]],
) -> None:
    projection, tree = case
    slow = interpret_projection(projection, tree)

    if not slow.problems:
        assert same(compile_projection(projection)(tree), slow.data)


@given(projections_and_trees(noise=6))
def test_a_projector_answers_the_same_every_time(
    case: tuple[ObjectProjection, dict[str, Any]],
) -> None:
    projection, tree = case
    projector = Projector(projection)
    first = projector.project(tree)

    for _ in range(2):
        again = projector.project(tree)

        assert same(again.data, first.data)
        assert again.problems == first.problems


def _positions(node: ValueProjection, position: Position = ()) -> Iterator[Position]:
    match node:
        case ListProjection(item):
            yield from _positions(item, position)
        case ObjectProjection(classes=classes):
            yield position
            for chosen in classes:
                for part in chosen.fields:
                    yield from _positions(part.value, (*position, part.source))
        case _:
            pass


@given(projections_and_trees(noise=20))
def test_an_object_that_is_projected_once_for_all_its_places_reads_thesame(
    case: tuple[ObjectProjection, dict[str, Any]],
) -> None:
    projection, tree = case
    slow = interpret_projection(projection, tree)
    compiled = compile_projection(projection, frozenset(_positions(projection)))

    for _ in range(2):
        try:
            fast = compiled(tree)
        except Exception:  # noqa: BLE001 - giving up is always allowed
            return

        assert not slow.problems
        assert same(fast, slow.data)


def test_one_object_in_many_places_is_projected_once() -> None:
    projection = an_object(
        a_field("all", a_list(an_object(a_field("it", an_object(a_field("n"))))))
    )
    it = {"n": "x"}

    data: Any = compile_projection(projection, frozenset({("all", "it")}))(
        {"all": [{"it": it}, {"it": it}]}
    )

    assert data == {"all": [{"it": {"n": "x"}}, {"it": {"n": "x"}}]}
    assert data["all"][0]["it"] is data["all"][1]["it"]


def test_an_unknown_type_where_null_is_forbidden_is_an_error() -> None:
    for fields in ([], [a_field("a")]):
        known = a_choice(Known=fields)
        projection = an_object(a_field("thing", known, non_null=True))
        listed = an_object(a_field("things", a_list(known, item_non_null=True)))
        unknown = {"__typename": "Other"}
        for _ in range(2):
            assert Projector(projection).project({"thing": unknown}).data is None
            assert Projector(listed).project({"things": [unknown]}).data == {"things": None}
            for compiled, tree in (
                (compile_projection(projection), {"thing": unknown}),
                (compile_projection(listed), {"things": [unknown]}),
            ):
                with pytest.raises(Irregular):
                    compiled(tree)  # type: ignore[arg-type]


# -- lists that one fetch has written just as the client is to see them ---------------------------

_THINGS = an_object(a_field("things", a_list(an_object(a_field("a"), a_field("n", INT)))))
_THINGS_KEYS: dict[Position, WrittenKeys] = {
    ("things",): WrittenKeys({"a": WrittenKeys(), "n": WrittenKeys()})
}


def test_a_list_as_the_client_is_to_see_it_is_kept() -> None:
    tree: JsonObject = {"things": [{"a": "x", "n": 1}, None]}

    data = compile_projection(_THINGS, sole=_THINGS_KEYS)(tree)

    assert data == tree
    assert data["things"] is tree["things"]


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ([{"a": "x", "n": 1, "secret": 2}], [{"a": "x", "n": 1}]),
        ([{"a": "x"}], [{"a": "x", "n": None}]),
        (None, None),
    ],
)
def test_any_other_is_projected(things: object, expected: object) -> None:
    misses: list[None] = []
    compiled = compile_projection(_THINGS, sole=_THINGS_KEYS, on_miss=lambda: misses.append(None))

    assert compiled({"things": things}) == {"things": expected}
    assert len(misses) == (things is not None)


def test_a_list_where_the_client_is_to_see_less_is_not_looked_at() -> None:
    asked = {"a": WrittenKeys(), "n": WrittenKeys(), "id": WrittenKeys()}
    tree: JsonObject = {"things": [{"a": "x", "n": 1, "id": 1}]}
    compiled = compile_projection(_THINGS, sole={("things",): WrittenKeys(asked)}, on_miss=_fail)

    assert compiled(tree) == {"things": [{"a": "x", "n": 1}]}


def _fail() -> None:
    raise AssertionError


def test_lists_that_are_never_as_they_should_be_are_not_looked_at_for_ever() -> None:
    projector = Projector(_THINGS, sole=_THINGS_KEYS)
    odd: JsonObject = {"things": [{"a": "x"}]}
    good: JsonObject = {"things": [{"a": "x", "n": 1}]}

    def is_kept(tree: JsonObject) -> bool:
        data = projector.project(tree).data
        return data is not None and data["things"] is tree["things"]

    assert not is_kept(good)  # interpreted
    # Copies, since a projection may write null for what is absent.
    kept = [is_kept(deepcopy(tree)) for tree in (odd, odd, good, odd, odd, odd, good)]

    assert kept == [False, False, True, False, False, False, False]


def _lists(
    node: ValueProjection, position: Position = ()
) -> Iterator[tuple[Position, WrittenKeys]]:
    """Every place of the projection, with the keys that a fetch for just this has there."""
    match node:
        case ListProjection(item):
            yield from _lists(item, position)
        case ObjectProjection(classes=classes):
            for chosen in classes:
                for part in chosen.fields:
                    place = (*position, part.source)
                    yield place, _keys(part.value)
                    yield from _lists(part.value, place)
        case _:
            pass


def _keys(node: ValueProjection) -> WrittenKeys:
    match node:
        case ListProjection(item):
            return _keys(item)
        case ObjectProjection(classes=classes):
            parts = [part for chosen in classes for part in chosen.fields]
            return WrittenKeys({part.source: _keys(part.value) for part in parts})
        case _:
            return WrittenKeys()


@given(st.sampled_from([0, 6, 20]).flatmap(unrenamed_projections_and_trees))
def test_what_is_kept_reads_the_same(case: tuple[ObjectProjection, dict[str, Any]]) -> None:
    projection, tree = case
    slow = interpret_projection(projection, tree)

    try:
        fast = compile_projection(projection, sole=dict(_lists(projection)))(tree)
    except Exception:  # noqa: BLE001 - giving up is always allowed
        return

    assert not slow.problems
    assert fast == slow.data
