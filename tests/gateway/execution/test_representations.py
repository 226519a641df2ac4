"""Representations: which objects have one, what is in it, and which are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.representations import Collected, collect_representations
from gateway.execution.result import JsonObject
from gateway.query_plan.nodes import EntityTarget
from tests.support.plans import a_group, a_key, a_shape, a_target, an_input

BOTH = a_shape("T", a_key("a"), a_key("b"))


def collect(root: JsonObject, *targets: EntityTarget, skip_incomplete: bool = False) -> Collected:
    return collect_representations(a_group(*targets), root, skip_incomplete=skip_incomplete)


def found(things: list[object], *targets: EntityTarget) -> list[JsonObject]:
    return collect({"things": things}, *targets).representations


def at_things(*shapes: object, typename_key: str | None = None) -> EntityTarget:
    return a_target(("things", "@"), *shapes, typename_key=typename_key)  # type: ignore[arg-type]


def test_a_representation_holds_the_type_and_the_fields_under_their_schema_names() -> None:
    shape = a_shape("Product", a_key("upc", source="_h1"), an_input("weight", source="w"))

    assert found([{"_h1": "1", "w": None, "name": "no"}], at_things(shape)) == [
        {"__typename": "Product", "upc": "1", "weight": None}
    ]


def test_an_object_is_left_out_when_a_key_part_is_missing() -> None:
    assert found([{"a": "1"}, {"a": "1", "b": "2"}], at_things(BOTH)) == [
        {"__typename": "T", "a": "1", "b": "2"}
    ]


def test_an_object_is_left_out_when_every_leaf_of_the_key_is_null() -> None:
    assert found([{"a": None, "b": None}, {"a": None, "b": 1}], at_things(BOTH)) == [
        {"__typename": "T", "a": None, "b": 1}
    ]


def test_a_value_of_an_input_does_not_make_up_for_a_null_key() -> None:
    shape = a_shape("T", a_key("a"), an_input("b"))

    assert found([{"a": None, "b": "x"}], at_things(shape)) == []


def test_a_missing_input_is_left_out_of_the_representation() -> None:
    shape = a_shape("T", a_key("a"), an_input("b"))

    assert found([{"a": "1"}], at_things(shape)) == [{"__typename": "T", "a": "1"}]


def test_a_missing_input_leaves_out_the_object_when_it_was_owed() -> None:
    shape = a_shape("T", a_key("a"), an_input("b"))
    things: JsonObject = {"things": [{"a": "1"}, {"a": "2", "b": None}]}

    collected = collect(things, at_things(shape), skip_incomplete=True)

    assert collected.representations == [{"__typename": "T", "a": "2", "b": None}]


def test_composite_keys_are_read_through_objects_and_lists() -> None:
    owner = a_shape(None, a_key("id"))
    shape = a_shape("T", a_key("owner", shapes=(owner,)))
    things: list[object] = [
        {"owner": {"id": "1", "more": 1}},
        {"owner": {"id": None}},
        {"owner": {}},
        {"owner": None},
        {"owner": [{"id": "1"}, {"id": None}]},
    ]

    assert found(things, at_things(shape)) == [
        {"__typename": "T", "owner": {"id": "1"}},
        {"__typename": "T", "owner": [{"id": "1"}, {"id": None}]},
    ]


def test_nested_values_are_read_by_runtime_type() -> None:
    pet = (
        a_shape("Cat", an_input("lives"), types=["Cat"]),
        a_shape("Dog", an_input("tricks"), types=["Dog"]),
    )
    shape = a_shape("Owner", a_key("id"), an_input("pet", shapes=pet))
    things: list[object] = [
        {"id": "1", "pet": {"__typename": "Cat", "lives": 9}},
        {"id": "2", "pet": {"__typename": "Fish", "lives": 1}},
        {"id": "3", "pet": None},
    ]

    assert found(things, at_things(shape)) == [
        {"__typename": "Owner", "id": "1", "pet": {"__typename": "Cat", "lives": 9}},
        {"__typename": "Owner", "id": "2", "pet": {"__typename": "Fish"}},
        {"__typename": "Owner", "id": "3", "pet": None},
    ]


def test_the_runtime_type_chooses_the_shape() -> None:
    target = at_things(
        a_shape("A", a_key("id"), types=["A"]),
        a_shape("Node", a_key("uid"), types=["B", "C"]),
        typename_key="_t",
    )
    things: list[object] = [
        {"_t": "A", "id": "1"},
        {"_t": "C", "uid": "2"},
        {"_t": "D", "id": "3"},
        {"_t": None, "id": "4"},
        {"_t": ["A"], "id": "5"},
    ]

    assert found(things, target) == [
        {"__typename": "A", "id": "1"},
        {"__typename": "Node", "uid": "2"},
    ]


def test_equal_content_is_asked_for_once_across_targets() -> None:
    left, right = a_target(("l", "@"), BOTH), a_target(("r",), BOTH)
    one, same, other = {"a": 1, "b": 2}, {"b": 2, "a": 1, "c": 3}, {"a": 1, "b": 3}

    collected = collect({"l": [one, other], "r": same}, left, right)

    assert len(collected.representations) == 2
    assert [uses.indices for uses in collected.uses] == [[0, 1], [0]]
    assert collected.uses[1].objects[0] is same


def test_values_that_python_thinks_equal_stay_apart() -> None:
    shape = a_shape("T", a_key("a"))
    values: list[object] = [1, "1", True, 1.0, 1]

    collected = collect({"things": [{"a": value} for value in values]}, at_things(shape))

    assert [type(item["a"]) for item in collected.representations] == [int, str, bool, float]
    assert collected.uses[0].indices == [0, 1, 2, 3, 0]


def test_what_is_not_as_the_path_says_has_no_representation() -> None:
    target = at_things(a_shape("T", a_key("a")))
    trees: list[JsonObject] = [
        {},
        {"things": None},
        {"things": "text"},
        {"things": {"a": "1"}},
        {"things": [1, "x", None, [{"a": "1"}]]},
    ]

    for tree in trees:
        assert collect(tree, target).representations == []


_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-2, 2), st.floats(-2, 2), st.sampled_from("ab1")
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
    ),
    max_leaves=3,
)


@given(st.lists(st.dictionaries(st.sampled_from("ab"), _VALUES, max_size=2), max_size=6))
def test_every_use_points_at_its_own_content(things: list[JsonObject]) -> None:
    root: JsonObject = {"things": things}

    collected = collect(root, at_things(a_shape("T", a_key("a"), an_input("b"))))

    (uses,) = collected.uses
    for obj, index in zip(uses.objects, uses.indices, strict=True):
        expected: JsonObject = {"__typename": "T"}
        expected.update((key, obj[key]) for key in ("a", "b") if key in obj)
        assert repr(collected.representations[index]) == repr(expected)
    texts = [repr(item) for item in collected.representations]
    assert len(set(texts)) == len(texts)
