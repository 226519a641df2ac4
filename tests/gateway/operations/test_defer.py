"""``@defer`` in documents: what is valid, what decides over it, and where fields end up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from gateway.operations.conditions import condition_variables
from gateway.operations.normalize import NormalizedOperation, normalize_operation
from gateway.operations.parse import parse_document
from gateway.operations.problems import problem_of
from gateway.operations.select import select_operation
from gateway.operations.validate import validate_document
from gateway.supergraph.selections import Selection
from tests.support.supergraphs import supergraph_of

SUPERGRAPH = supergraph_of(
    a="""
    type Query { p: P }
    type Mutation { m: P }
    type Subscription { s: P }
    type P { x: Int y: Int p: P }
    """
)


def problems(source: str) -> list[str]:
    document = parse_document(source, max_tokens=1000)
    found = validate_document(document, SUPERGRAPH.api_schema, max_errors=5)
    return [problem_of(error).message for error in found]


def normalized(source: str, *, max_defers: int = 10, **conditions: bool) -> NormalizedOperation:
    assert problems(source) == []
    document = parse_document(source, max_tokens=1000)
    operation = select_operation(document, None)
    return normalize_operation(document, operation, SUPERGRAPH, conditions, max_defers=max_defers)


def fields(selections: Sequence[Selection], path: str = "") -> Iterator[str]:
    """Every field with the label of the ``@defer`` that it is in."""
    for each in selections:
        here = f"{path}{each.response_key}"
        yield here if each.defer is None else f"{here} in {each.defer.label}"
        yield from fields(each.selections, f"{here}.")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            '{ p { ... @defer(label: "a") { x } ... @defer(label: "a") { y } } }',
            "must be unique",
        ),
        ("query($l: String) { p { ... @defer(label: $l) { x } } }", "must be a static string"),
        ("mutation { ... @defer { m { x } } }", "root mutation type"),
        ("subscription { ... @defer { s { x } } }", "root subscription type"),
        ("subscription { s { ... @defer { x } } }", "not supported on subscription"),
        ("{ p { x @defer } }", "may not be used on field"),
        ("{ p { ... @defer(if: null) { x } } }", "not to be null"),
        ("{ p { ... @stream { x } } }", "Unknown directive"),
    ],
)
def test_misuse_is_refused(source: str, message: str) -> None:
    (found, *_) = problems(source)

    assert message in found


def test_a_subscription_may_hold_a_defer_that_is_off() -> None:
    assert problems("subscription { s { ... @defer(if: false) { x } } }") == []


def test_its_condition_decides_over_the_shape() -> None:
    source = "query($a: Boolean, $b: Boolean!) { p { ... @defer(if: $a) { x @skip(if: $b) } } }"
    document = parse_document(source, max_tokens=1000)

    assert condition_variables(select_operation(document, None), document) == ("a", "b")
    assert normalized(source, a=False, b=False).defers == ()
    assert [defer.path for defer in normalized(source, a=True, b=False).defers] == [("p",)]


def test_fields_know_the_innermost_defer_that_they_are_in() -> None:
    operation = normalized("""
      { p { x ...F @defer(label: "f") ... @defer(label: "o") { y ... @defer(label: "i") { p { x } } } } }
      fragment F on P { x p { y } }
    """)

    assert list(fields(operation.selections)) == [
        "p",
        "p.x",
        "p.x in f",
        "p.p in f",
        "p.p.y in f",
        "p.y in o",
        "p.p in i",
        "p.p.x in i",
    ]
    assert [(each.label, each.parent and each.parent.label) for each in operation.defers] == [
        ("f", None),
        ("o", None),
        ("i", "o"),
    ]


def test_a_fragment_met_twice_at_one_place_is_deferred_once() -> None:
    operation = normalized("""
      { p { ...F } p { ...F p { ...F } } }
      fragment F on P { ... @defer(label: "f") { x } }
    """)

    assert [(each.label, each.path) for each in operation.defers] == [
        ("f", ("p",)),
        ("f", ("p", "p")),
    ]


def test_a_fragment_is_there_both_deferred_and_not() -> None:
    operation = normalized('{ p { ...F @defer(label: "f") ...F } } fragment F on P { x }')

    assert list(fields(operation.selections)) == ["p", "p.x in f", "p.x"]


def test_what_is_too_much_is_part_of_what_is_around() -> None:
    source = """{ p {
      ... @defer(label: "a") { x ... @defer(label: "b") { y } } ... @defer(label: "c") { p { x } }
    } }"""

    assert list(fields(normalized(source, max_defers=1).selections)) == [
        "p",
        "p.x in a",
        "p.y in a",
        "p.p",
        "p.p.x",
    ]
    assert normalized(source, max_defers=0).defers == ()


def test_introspection_is_never_deferred() -> None:
    operation = normalized(
        """
      query($d: Boolean!) { __schema { ...S @defer(if: $d) } }
      fragment S on __Schema { queryType { ... @defer { name } } }
    """,
        d=True,
    )

    assert operation.introspection is not None
    assert "@defer" not in operation.introspection
    assert "$d" not in operation.introspection
