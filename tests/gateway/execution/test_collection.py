"""Generated collection against the interpreter: the same representations, the same users, the same tree afterwards."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.collection import Collector
from gateway.execution.representations import collect_representations
from gateway.execution.representations_source import ContentDiffers, compile_collection
from gateway.execution.result import JsonObject
from gateway.execution.unification import Unified, find_unified
from gateway.execution.written_keys import read_written_keys
from gateway.query_plan.nodes import ITEM, EntityGroup, Fetch, OnTypes, ResponsePath
from tests.support.plans import (
    a_field,
    a_group,
    a_key,
    a_plan,
    a_root_fetch,
    a_shape,
    a_target,
    an_entity_fetch,
    an_input,
    an_object,
)

ONE = Unified(frozenset({0}))
COMPARED = Unified(frozenset({0}), frozenset({0}))
PLAIN = a_shape("T", a_key("id"), an_input("size"))
COMPOSITE = a_shape("T", a_key("id"), a_key("owner", shapes=(a_shape(None, a_key("id")),)))
TYPED = (
    a_shape("Ape", a_key("id"), types=["Ape"]),
    a_shape("Thing", a_key("id"), a_key("size"), types=["Bee", "Cat"]),
)
PATHS: list[ResponsePath] = [
    ("a",),
    ("a", ITEM),
    ("a", "b"),
    ("a", ITEM, "b"),
    ("a", ITEM, ITEM),
    ("a", ITEM, OnTypes(frozenset({"Ape", "Bee"}), "__typename"), "b"),
    ("a", "b", OnTypes(frozenset({"Cat"}), "__typename")),
]

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["1", "2", "", 1, 2, 0, 1.0, 2.5, 2**70]),
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.fixed_dictionaries(
            {},
            optional={
                "id": st.one_of(st.sampled_from(["1", "2"]), _LEAVES),
                "size": _LEAVES,
                "__typename": st.sampled_from(["Ape", "Bee", "Cat", "Dog", None, 3]),
                "owner": inner,
                "a": inner,
                "b": inner,
            },
        ),
    ),
    max_leaves=20,
)
_TREES = st.one_of(
    st.fixed_dictionaries({"a": _VALUES}),
    st.fixed_dictionaries({"a": st.lists(_VALUES, max_size=5)}),
)


@st.composite
def _groups(draw: st.DrawFn) -> EntityGroup:
    targets = []
    for path in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)):
        shapes = draw(st.sampled_from([(PLAIN,), (COMPOSITE,), TYPED]))
        typename_key = "__typename" if shapes is TYPED else None
        targets.append(a_target(path, *shapes, typename_key=typename_key))
    return a_group(*targets)


@given(_groups(), _TREES)
def test_generated_code_agrees_with_the_interpreter(group: EntityGroup, tree: JsonObject) -> None:
    slow = collect_representations(group, tree)
    before = copy.deepcopy(tree)

    try:
        fast = compile_collection(group)(tree)
    except Exception:  # noqa: BLE001 - giving up is always allowed, harm is not
        assert repr(tree) == repr(before)
        return

    for slow_uses, fast_uses in zip(slow.uses, fast.uses, strict=True):
        assert [id(obj) for obj in slow_uses.objects] == [id(obj) for obj in fast_uses.objects]
        asked_slow = [slow.representations[index] for index in slow_uses.indices]
        asked_fast = [fast.representations[index] for index in fast_uses.indices]
        assert repr(asked_slow) == repr(asked_fast)
    # The same content may come twice when it was read in two ways; never less often than it differs.
    assert {repr(item) for item in fast.representations} == {
        repr(item) for item in slow.representations
    }
    assert repr(tree) == repr(before)


def _tree_for(path: ResponsePath) -> Any:
    """Build a tree that has objects, and nulls, where ``path`` leads."""
    if not path:
        return {"__typename": "Cat", "id": "1", "size": 2}
    segment, *rest = path
    if segment == ITEM:
        return [_tree_for(tuple(rest)), None, _tree_for(tuple(rest))]
    if isinstance(segment, OnTypes):
        below: Any = _tree_for(tuple(rest))
        return {**below, segment.typename_key: min(segment.types)}
    return {segment: _tree_for(tuple(rest))}


@pytest.mark.parametrize("path", PATHS)
def test_generated_code_does_not_give_up_on_a_tree_in_order(path: ResponsePath) -> None:
    tree: JsonObject = _tree_for(path)

    collected = compile_collection(a_group(a_target(path, PLAIN)))(tree)

    assert collected.representations == [{"__typename": "T", "id": "1", "size": 2}]
    assert len(collected.uses[0].objects) == 2 ** path.count(ITEM)


@given(st.lists(st.fixed_dictionaries({"id": _LEAVES}), max_size=8))
def test_equal_stubs_become_one_and_the_tree_reads_the_same(stubs: list[JsonObject]) -> None:
    group = a_group(a_target(("all", ITEM, "it"), a_shape("T", a_key("id"))))
    tree: JsonObject = {"all": [{"it": stub} for stub in stubs]}
    before = copy.deepcopy(tree)
    slow = collect_representations(group, copy.deepcopy(tree))

    fast = compile_collection(group, ONE)(tree)

    assert repr(tree) == repr(before)
    (uses,) = fast.uses
    assert sorted(uses.indices) == list(range(len(fast.representations)))
    assert repr(sorted(fast.representations, key=repr)) == repr(
        sorted(slow.representations, key=repr)
    )
    again = compile_collection(group, ONE._replace(revisited=ONE.targets))(tree)
    assert again == fast
    for obj, index in zip(uses.objects, uses.indices, strict=True):
        obj["found"] = index
    for place in tree["all"]:  # type: ignore[attr-defined]
        has_key = place["it"]["id"] is not None
        assert ("found" in place["it"]) is has_key


def test_items_of_a_list_become_one_too() -> None:
    group = a_group(a_target(("all", ITEM), a_shape("T", a_key("id"))))
    tree: JsonObject = {"all": [{"id": "1"}, None, {"id": "2"}, {"id": "1"}]}

    compile_collection(group, ONE)(tree)

    items = tree["all"]
    assert isinstance(items, list)
    assert items[0] is items[3]
    assert items == [{"id": "1"}, None, {"id": "2"}, {"id": "1"}]


def test_a_path_of_more_lists_than_python_nests_is_left_to_the_interpreter() -> None:
    path: ResponsePath = ("a", *[ITEM] * 25)
    collector = Collector(a_group(a_target(path, PLAIN)))
    tree: Any = {"id": "1", "size": 1}
    for _ in range(25):
        tree = [tree]

    for _ in range(3):
        collected = collector.collect({"a": tree}, skip_incomplete=False)

        assert len(collected.representations) == 1


@given(
    st.lists(
        st.fixed_dictionaries({"id": st.sampled_from(["1", "2", None]), "more": _VALUES}),
        max_size=6,
    )
)
def test_objects_that_hold_more_become_one_where_they_are_equal(objects: list[JsonObject]) -> None:
    group = a_group(a_target(("all", ITEM, "it"), a_shape("T", a_key("id"))))
    # Some are equal, and none is another to begin with.
    tree: JsonObject = {"all": [{"it": copy.deepcopy(obj)} for obj in objects * 2]}
    before = copy.deepcopy(tree)
    contents: dict[object, set[str]] = {}
    for obj in objects:
        contents.setdefault(obj["id"], set()).add(repr(obj))
    named = {key: texts for key, texts in contents.items() if key is not None}

    try:
        collected = compile_collection(group, COMPARED)(tree)
    except ContentDiffers:
        assert any(len(texts) > 1 for texts in named.values())
    except TypeError:
        assert repr(2**70) in repr(objects)  # which the fast program leaves to the slow one
    else:
        assert all(len(texts) == 1 for texts in named.values())
        assert [obj["id"] for obj in collected.uses[0].objects] == list(named)
    assert repr(tree) == repr(before)


def test_where_equal_representations_stand_for_different_objects_none_is_lost() -> None:
    group = a_group(a_target(("all", ITEM, "it"), a_shape("T", a_key("id"))))
    collector = Collector(group, COMPARED)

    for _ in range(4):
        items: list[Any] = [{"it": {"id": "1", "n": [n]}} for n in (1, 1, 2, True)]
        collected = collector.collect({"all": items}, skip_incomplete=False)

        assert collected.representations == [{"__typename": "T", "id": "1"}]
        # All of them, or those that are left after the first two have become one.
        assert len(collected.uses[0].objects) in {3, 4}
        assert {id(item["it"]) for item in items} == {id(obj) for obj in collected.uses[0].objects}
        assert [item["it"]["n"] for item in items] == [[1], [1], [2], [True]]


def test_what_is_in_several_places_is_gone_into_once() -> None:
    path: ResponsePath = ("all", ITEM, "it", "b", ITEM)
    group = a_group(a_target(path, a_shape("T", a_key("id"))))
    one: JsonObject = {"id": "1", "b": [{"id": "2"}, None, {"id": "3"}]}
    tree: JsonObject = {"all": [{"it": one}, {"it": None}, {"it": one}]}

    walked = compile_collection(group, Unified(shared=frozenset({("all", "it")})))(tree)

    assert walked.representations == collect_representations(group, tree).representations
    assert walked.uses[0].objects == [{"id": "2"}, {"id": "3"}]


def unified_by(
    selection: str,
    *shapes: Any,
    typename_key: str | None = None,
    path: ResponsePath = ("all", ITEM, "it"),
    others: tuple[Fetch, ...] = (),
) -> str:
    """Say how the products in ``selection`` of a root fetch become one."""
    target = a_target(path, *shapes, typename_key=typename_key)
    plan = a_plan(
        a_root_fetch(0, "one", f"{{ all {{ it {{ {selection} }} }} }}"),
        an_entity_fetch(1, "two", "... on T { name }", target),
        *others,
        projection=an_object(a_field("all")),
    )
    unified = find_unified(plan, read_written_keys(plan))[1, "_entities"]
    if not unified.targets:
        return ""
    return "compared" if unified.compared else "told"


def test_stubs_become_one_only_when_their_representations_tell_all() -> None:
    by_id = a_shape("T", a_key("id"))
    by_type = a_shape("T", a_key("id"), types=["T"])
    by_types = a_shape("I", a_key("id"), types=["T", "S"])
    by_interface = a_shape("I", a_key("id"), types=["T"])

    assert unified_by("id", by_id) == "told"
    assert not unified_by("id note", by_id)
    assert not unified_by("__typename id", by_id)
    assert unified_by("_t: __typename id", by_type, typename_key="_t") == "told"
    assert not unified_by("_t: __typename id", by_types, typename_key="_t")
    assert not unified_by("_t: __typename id", by_interface, typename_key="_t")
    assert not unified_by("_t: __typename id note", by_type, typename_key="_t")


def test_objects_that_hold_objects_are_compared_when_one_fetch_has_brought_all_of_it() -> None:
    by_id = a_shape("T", a_key("id"))
    by_key = a_shape("T", a_key("key", shapes=(by_id,)))
    more = "id more { id }"
    again = a_root_fetch(2, "three", "{ all { it { size } } }")
    beside = a_root_fetch(2, "three", "{ all { size } }")
    below = a_root_fetch(2, "three", "{ size }", path=("all", ITEM, "it"))

    assert unified_by(more, by_id) == "compared"
    assert unified_by("key { id }", by_key) == "compared"
    assert unified_by(more, by_id, others=(beside,)) == "compared"
    assert not unified_by(more, by_id, others=(again,))
    assert not unified_by(more, by_id, others=(below,))
    # Of a list at the top, few are equal.
    assert not unified_by(more, by_id, path=("all", ITEM))
