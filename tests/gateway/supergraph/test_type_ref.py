"""Type references as plain data."""

import pytest

from gateway.supergraph.type_ref import TypeRef, is_subtype, parse_type_ref


@pytest.mark.parametrize("text", ["Int", "Int!", "[Int]", "[Int!]!", "[[Int]!]"])
def test_a_reference_reads_as_it_was_written(text: str) -> None:
    assert str(parse_type_ref(text)) == text


@pytest.mark.parametrize("text", ["T", "T!", "[T]", "[[T!]]!"])
def test_a_reference_is_a_list_or_not_whatever_is_required(text: str) -> None:
    assert parse_type_ref(text).is_list == text.startswith("[")


@pytest.mark.parametrize(
    ("text", "nullable"), [("T", "T"), ("T!", "T"), ("[T!]!", "[T!]"), ("[T!]", "[T!]")]
)
def test_nullable_lets_null_in_on_the_outside_only(text: str, nullable: str) -> None:
    assert str(parse_type_ref(text).nullable) == nullable


def test_non_null_flags_go_from_the_outside_in() -> None:
    ref = parse_type_ref("[Product]!")

    assert ref == TypeRef("Product", (True, False))
    assert ref.list_depth == 1


def test_wrappers_leave_out_the_name() -> None:
    assert parse_type_ref("[Product!]").wrappers == "[!]"


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        ("T", "T", True),
        ("T!", "T", True),
        ("T", "T!", False),
        ("T", "N", True),
        ("N", "T", False),
        ("[T!]!", "[N]", True),
        ("[T]", "[N!]", False),
        ("[T]", "T", False),
        ("T", "[T]", False),
        ("[[T!]!]!", "[[T]]", True),
        ("T", "U", False),
    ],
)
def test_subtype(lower: str, upper: str, expected: bool) -> None:
    found = is_subtype(
        parse_type_ref(lower),
        parse_type_ref(upper),
        lambda name, of: (name, of) == ("T", "N"),
    )

    assert found is expected
