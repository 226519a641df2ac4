"""Field sets: parsing, and checks against a subgraph's types."""

from __future__ import annotations

import pytest

from gateway.composition.field_sets import FieldSetInvalid, SelectedField, parse_field_set
from tests.support.subgraphs import compose_all


def test_outer_braces_are_optional() -> None:
    assert parse_field_set("id org { id }") == parse_field_set("{ id org { id } }")


@pytest.mark.parametrize("text", ["{", "id }", "...F", "a b } query { c"])
def test_what_is_no_selection_is_refused(text: str) -> None:
    with pytest.raises(FieldSetInvalid):
        parse_field_set(text)


def test_fields_keep_their_order_and_nesting() -> None:
    first, second = parse_field_set("a b { c }")

    assert isinstance(first, SelectedField)
    assert isinstance(second, SelectedField)
    assert (first.name, second.name) == ("a", "b")
    assert [s.name for s in second.selections if isinstance(s, SelectedField)] == ["c"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("nope", '"T" has no field "nope".'),
        ("o", '"T.o" is a O: its fields have to be selected.'),
        ("o { nope }", '"O" has no field "nope".'),
        ("x { y }", '"T.x" is a Int, which has no fields.'),
        ("z: x", '"x" cannot have an alias.'),
        ("... on Nope { x }", 'there is no type "Nope".'),
        ("... on E { x }", '"E" has no fields.'),
        ("... on O { x }", 'no "T" can be a "O".'),
    ],
)
def test_key_that_selects_what_is_not_there_is_explained(fields: str, problem: str) -> None:
    result = compose_all(
        a=f'type Query {{ t: T }} type T @key(fields: "{fields}") {{ x: Int o: O e: E }}'
        " type O { x: Int } enum E { V }"
    )

    assert [error.code for error in result.errors] == ["KEY_INVALID_FIELDS"]
    assert problem in result.errors[0].message
