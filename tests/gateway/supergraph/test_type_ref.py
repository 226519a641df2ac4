"""Type references as plain data."""

import pytest

from gateway.supergraph.type_ref import TypeRef, parse_type_ref


@pytest.mark.parametrize("text", ["Int", "Int!", "[Int]", "[Int!]!", "[[Int]!]"])
def test_a_reference_reads_as_it_was_written(text: str) -> None:
    assert str(parse_type_ref(text)) == text


def test_non_null_flags_go_from_the_outside_in() -> None:
    ref = parse_type_ref("[Product]!")

    assert ref == TypeRef("Product", (True, False))
    assert ref.list_depth == 1


def test_wrappers_leave_out_the_name() -> None:
    assert parse_type_ref("[Product!]").wrappers == "[!]"
