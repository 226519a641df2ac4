"""Type references: what is a subtype of what."""

from __future__ import annotations

import pytest
from graphql import parse_type

from gateway.composition.type_refs import is_list, is_subtype, named_type, type_ref


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
        type_ref(parse_type(lower)),
        type_ref(parse_type(upper)),
        lambda name, of: (name, of) == ("T", "N"),
    )

    assert found is expected


@pytest.mark.parametrize("text", ["T", "T!", "[T]", "[[T!]]!"])
def test_reference_reads_back(text: str) -> None:
    assert str(type_ref(parse_type(text))) == text
    assert named_type(type_ref(parse_type(text))) == "T"
    assert is_list(type_ref(parse_type(text))) == text.startswith("[")
