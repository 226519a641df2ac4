"""Names of subgraphs as enum values."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.composition.merging.graphs import graph_enum_value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("orders", "ORDERS"),
        ("my-shop.eu", "MY_SHOP_EU"),
        ("2nd", "_2ND"),
        ("shop_1", "SHOP_1_"),
        ("shop1", "SHOP1"),
        ("größe", "GR__E"),
    ],
)
def test_subgraph_name_becomes_an_enum_value(name: str, value: str) -> None:
    assert graph_enum_value(name) == value


@given(st.text(min_size=1))
def test_enum_value_is_always_a_graphql_name(name: str) -> None:
    assert re.fullmatch(r"[_A-Za-z][_0-9A-Za-z]*", graph_enum_value(name))
