"""Where one fetch alone writes, so that what it brings may be the client's as it stands."""

from __future__ import annotations

from gateway.execution.likeness import find_sole_places
from gateway.execution.written_keys import Position, read_written_keys
from gateway.query_plan.nodes import QueryPlan
from tests.support.plans import (
    a_key,
    a_plan,
    a_root_fetch,
    a_shape,
    a_target,
    an_entity_fetch,
    an_object,
)

PRODUCT = a_shape("Product", a_key("upc"))


def sole_places(plan: QueryPlan) -> set[Position]:
    return set(find_sole_places(read_written_keys(plan)))


def test_what_another_fetch_completes_is_not_written_by_one_alone() -> None:
    plan = a_plan(
        a_root_fetch(
            0, "shop", "{ top { upc size { height { cm } } tags { tag } } other { name } count }"
        ),
        an_entity_fetch(
            1,
            "reviews",
            "... on Product { reviews { stars author { name } } }",
            a_target(("top", "@"), PRODUCT),
        ),
        projection=an_object(),
    )

    assert sole_places(plan) == {
        ("top", "size"),
        ("top", "size", "height"),
        ("top", "tags"),
        ("other",),
        ("top", "reviews"),
        ("top", "reviews", "author"),
    }


def test_nor_what_lies_above_that() -> None:
    plan = a_plan(
        a_root_fetch(0, "shop", "{ shelves { boxes { product { upc } } label { text } } }"),
        an_entity_fetch(
            1,
            "stock",
            "... on Product { stock { count } }",
            a_target(("shelves", "@", "boxes", "@", "product"), PRODUCT),
        ),
        projection=an_object(),
    )

    assert sole_places(plan) == {("shelves", "label"), ("shelves", "boxes", "product", "stock")}


def test_nor_what_two_fetches_answer() -> None:
    plan = a_plan(
        a_root_fetch(0, "shop", "{ top { upc size { height } } }"),
        an_entity_fetch(
            1, "sizes", "... on Product { size { width } }", a_target(("top", "@"), PRODUCT)
        ),
        projection=an_object(),
    )

    assert sole_places(plan) == set()
