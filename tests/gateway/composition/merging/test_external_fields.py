"""What an external declaration may say about the field's type."""

from __future__ import annotations

import pytest

from tests.support.subgraphs import codes, compose_all


@pytest.mark.parametrize(
    ("declared", "owned", "is_accepted"),
    [
        ("Int", ["Int"], True),
        ("Int!", ["Int!"], True),
        ("Int", ["Int!"], False),
        ("Int!", ["Int"], False),
        ("Int", ["Int", "Int!"], True),
        ("Int!", ["Int", "Int!"], True),
        ("Int", ["Int!", "Int!"], False),
        ("String", ["Int", "Int!"], False),
    ],
)
def test_an_external_field_has_its_owners_type(
    declared: str, owned: list[str], *, is_accepted: bool
) -> None:
    owners = {
        f"owner{number}": f'type T @key(fields: "id") {{ id: ID! weight: {type_} @shareable }}'
        for number, type_ in enumerate(owned)
    }

    result = compose_all(
        a=f"""type Query {{ t: T }}
              type T @key(fields: "id") {{
                id: ID! weight: {declared} @external cost: Int @requires(fields: "weight")
              }}""",
        **owners,
    )

    assert codes(result) == ([] if is_accepted else ["EXTERNAL_TYPE_MISMATCH"])
