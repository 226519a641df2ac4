"""Conditions of scopes and policies, against a truth table."""

from __future__ import annotations

from itertools import chain, combinations

from graphql import parse_const_value
from hypothesis import given
from hypothesis import strategies as st

from gateway.supergraph.auth_conditions import (
    Condition,
    conjunction,
    implies,
    print_condition,
    read_condition,
)

NAMES = "abcd"
WORLDS = [
    frozenset(world) for world in chain.from_iterable(combinations(NAMES, n) for n in range(5))
]
conditions = st.lists(
    st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple), max_size=3
).map(tuple)


def holds(condition: Condition, world: frozenset[str]) -> bool:
    """An empty condition asks for nothing."""
    return not condition or any(set(names) <= world for names in condition)


@given(st.lists(conditions, max_size=3))
def test_conjunction_holds_where_all_hold(given_conditions: list[Condition]) -> None:
    both = conjunction(given_conditions)

    for world in WORLDS:
        assert holds(both, world) == all(holds(c, world) for c in given_conditions)


@given(st.lists(conditions, min_size=1, max_size=3))
def test_conjunction_has_no_alternative_that_another_makes_needless(
    given_conditions: list[Condition],
) -> None:
    both = conjunction(given_conditions)

    sets = [set(names) for names in both]
    assert not any(a < b for a in sets for b in sets)


@given(conditions, conditions)
def test_implies_is_what_the_truth_table_says(stronger: Condition, weaker: Condition) -> None:
    expected = all(holds(weaker, world) for world in WORLDS if holds(stronger, world))

    assert implies(stronger, weaker) == expected


@given(conditions)
def test_condition_is_printed_as_it_is_read(condition: Condition) -> None:
    assert read_condition(parse_const_value(print_condition(condition))) == condition


def test_single_values_stand_for_lists() -> None:
    assert read_condition(parse_const_value('"a"')) == (("a",),)
    assert read_condition(parse_const_value('["a", "b"]')) == (("a",), ("b",))
