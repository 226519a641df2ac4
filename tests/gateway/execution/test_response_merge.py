"""Merging results: nothing that is known gets lost, and nothing is shared that must not be."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.response_merge import merge_object
from gateway.execution.result import JsonObject

_VALUES = st.recursive(
    st.one_of(st.none(), st.sampled_from(["x", "y", 1])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
_OBJECTS: st.SearchStrategy[JsonObject] = st.dictionaries(
    st.sampled_from("abc"), _VALUES, max_size=3
)


def keeps(after: object, before: object) -> bool:
    """Say whether ``after`` holds everything that ``before`` did; null may have become something."""
    if before is None:
        return True
    if isinstance(before, dict):
        return isinstance(after, dict) and all(keeps(after.get(k), v) for k, v in before.items())
    if isinstance(before, list):
        return (
            isinstance(after, list) and len(after) == len(before) and all(map(keeps, after, before))
        )
    return after == before


@given(_OBJECTS, _OBJECTS)
def test_merging_keeps_all_that_was_known_and_leaves_the_source_alone(
    target: JsonObject, source: JsonObject
) -> None:
    before, source_before = copy.deepcopy(target), copy.deepcopy(source)

    merge_object(target, source)

    assert keeps(target, before)
    assert source == source_before
    for key, value in source.items():
        if before.get(key) is None:
            assert target[key] == value


@given(_OBJECTS, _OBJECTS)
def test_merging_twice_is_merging_once(target: JsonObject, source: JsonObject) -> None:
    merge_object(target, source)
    once = copy.deepcopy(target)

    merge_object(target, source)

    assert target == once


@given(_OBJECTS)
def test_an_object_merged_into_nothing_is_a_copy(source: JsonObject) -> None:
    target: JsonObject = {}

    merge_object(target, source)

    assert target == source
    for key, value in source.items():
        if isinstance(value, dict | list):
            assert target[key] is not value


def test_objects_of_the_target_stay_the_same_objects() -> None:
    inner: JsonObject = {"a": 1}
    target: JsonObject = {"one": inner, "many": [inner, None]}

    merge_object(target, {"one": {"b": 2}, "many": [{"c": 3}, {"d": 4}, {"e": 5}]})

    assert target["one"] is inner
    assert inner == {"a": 1, "b": 2, "c": 3}
    assert target["many"] == [inner, {"d": 4}]
