"""Variables: which decide the shape, and what is forwarded. Spec: GraphQL, 6.1.2."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import VariablesInvalid
from gateway.operations.conditions import condition_variables
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.variables import VariableCoercion

SCHEMA = build_schema(
    """
    type Query { a(n: Int, by: By, c: [Colour!]): Int  q: Query  f(x: Float, id: ID): Int }
    input By { n: Int! = 3  c: Colour }
    enum Colour { RED BLUE }
    """
)


def conditions(source: str) -> tuple[str, ...]:
    document = parse_document(source, max_tokens=1000)
    return condition_variables(select_operation(document, None), document)


def coerced(head: str, raw: dict[str, Any]) -> dict[str, object]:
    document = parse_document(f"query({head}) {{ a }}", max_tokens=1000)
    return VariableCoercion(select_operation(document, None), SCHEMA).coerce(raw)


def test_condition_variables_are_found_in_fields_and_all_fragments() -> None:
    source = """
      query($d: Boolean!, $c: Boolean!, $b: Boolean!, $a: Boolean!, $n: Int) {
        a(n: $n) @skip(if: $d)
        ... @include(if: $c) { a }
        q { ...F @skip(if: $b) }
        ...F
      }
      fragment F on Query { ...G @skip(if: true) }
      fragment G on Query { a @include(if: $a) ...F }
    """

    assert conditions(source) == ("a", "b", "c", "d")


def test_conditions_of_other_operations_do_not_count() -> None:
    document = parse_document(
        "query A($x: Boolean!) { a @skip(if: $x) } query B { a }", max_tokens=100
    )

    assert condition_variables(select_operation(document, "B"), document) == ()


def test_values_are_forwarded_as_the_client_wrote_them() -> None:
    raw = {"by": {"c": "RED"}, "c": "BLUE", "unknown": 1}

    assert coerced("$by: By, $c: [Colour!]", raw) == {"by": {"c": "RED"}, "c": "BLUE"}


def test_defaults_are_filled_in_and_null_is_a_value() -> None:
    values = coerced("$n: Int = 2, $m: Int = 2, $by: By = { n: 1, c: RED }, $o: Int", {"m": None})

    assert values == {"n": 2, "m": None, "by": {"n": 1, "c": "RED"}}


def test_every_value_that_does_not_fit_is_named() -> None:
    with pytest.raises(VariablesInvalid) as caught:
        coerced("$n: Int, $c: [Colour!], $m: Int!", {"n": "x", "c": ["GREEN"]})

    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == 3
    assert all("$" in message for message in messages)
    assert caught.value.problems[0].locations == ((1, 7),)


# -- the quick way: what it takes, the careful one takes as well, and with the same result ---------

TYPES = ["Int", "Float", "String", "ID", "Boolean", "Colour", "By"]
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.sampled_from([0, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**60, 2**70]),
        st.sampled_from([0.0, 1.5, -2.0, 1e300, float("inf"), float("nan")]),
        st.sampled_from(["", "RED", "GREEN", "1", "true"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["n", "c", "z"]), inner)
    ),
    max_leaves=4,
)
_TYPES = st.recursive(
    st.sampled_from(TYPES),
    lambda inner: st.one_of(
        inner.map("[{}]".format), inner.map(lambda text: text.rstrip("!") + "!")
    ),
    max_leaves=3,
)
_DEFAULTS = st.sampled_from(
    [None, "null", "1", "1.5", '"x"', "RED", "GREEN", "[1]", "[RED]", "true"]
)


@given(
    heads=st.lists(st.tuples(_TYPES, _DEFAULTS), min_size=1, max_size=3),
    raw=st.dictionaries(st.sampled_from(["v0", "v1", "v2", "v3"]), _VALUES, max_size=3),
)
def test_plain_values_come_out_as_all_others_do(
    heads: list[tuple[str, str | None]], raw: dict[str, Any]
) -> None:
    head = ", ".join(
        f"$v{number}: {kind}" + (f" = {default}" if default is not None else "")
        for number, (kind, default) in enumerate(heads)
    )
    # A variable of an input type has no quick way, and with it none of the others.
    careful = head + ", $careful: By"

    assert _outcome(head, raw) == _outcome(careful, raw)


def _outcome(head: str, raw: dict[str, Any]) -> str:
    try:
        return repr(coerced(head, raw))
    except VariablesInvalid as error:
        return repr([problem.message for problem in error.problems])
