"""What keys, ``@provides`` and ``@requires`` may and may not select."""

from __future__ import annotations

import pytest

from tests.support.subgraphs import codes, compose_all


def test_key_may_select_lists_and_nested_objects() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "ids o { x }") { ids: [ID!]! o: O! } type O { x: Int }'
    )

    assert codes(result) == []


@pytest.mark.parametrize("target", ["union U = O", "interface U { x: Int }"])
def test_key_may_not_select_abstract_types(target: str) -> None:
    result = compose_all(
        a=f'type Query {{ t: T }} type T @key(fields: "us {{ __typename }}") {{ us: [U] }} {target}'
        f" type O {'implements U' if target.startswith('i') else ''} {{ x: Int }}"
    )

    assert codes(result) == ["KEY_FIELDS_SELECT_INVALID_TYPE"]


def test_requires_may_give_arguments_and_fragments() -> None:
    result = compose_all(
        a="""type Query { t: T } type T @key(fields: "id") { id: ID! x(u: Int): Int n: N }
        interface N { x: Int } type M implements N { x: Int y: Int }""",
        b="""type T @key(fields: "id") { id: ID! x(u: Int): Int @external n: N @external
          r: Int @requires(fields: "x(u: 3) n { x ... on M { y } }") }
        interface N { x: Int } type M implements N { x: Int @external y: Int @external }""",
    )

    assert codes(result) == []


def test_requires_below_an_external_field_needs_no_external_of_its_own() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! o: O } type O @shareable { x: Int }',
        b="""type T @key(fields: "id") { id: ID! o: O @external r: Int @requires(fields: "o { x }") }
        type O @shareable { x: Int }""",
    )

    assert codes(result) == []


def test_external_key_field_of_an_extension_is_resolved_all_the_same() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='extend type T @key(fields: "id") { id: ID! @external r: Int @requires(fields: "id") }',
    )

    assert codes(result) == ["REQUIRES_FIELDS_MISSING_EXTERNAL"]
    assert "key field of an extension" in result.errors[0].message


def test_external_key_field_of_a_plain_type_is_input_only() -> None:
    result = compose_all(
        a='type Query { t: T } type T @key(fields: "id") { id: ID! }',
        b='type Query { u: T } type T @key(fields: "id") { id: ID! @external more: Int }',
    )

    # From b's own query nothing leads to the id: it can be sent there, not read.
    assert codes(result) == ["SATISFIABILITY_ERROR"]
    assert {e.coordinate for e in result.errors} == {"T.id"}


def test_external_on_a_type_makes_all_its_fields_external() -> None:
    result = compose_all(
        a="""type Query { t: T @provides(fields: "o { x }") }
        type T @key(fields: "id") { id: ID! o: O @external } type O @external { x: Int }""",
        b='type T @key(fields: "id") { id: ID! o: O @shareable } type O @shareable { x: Int }',
    )

    assert codes(result) == []


def test_field_that_only_an_interface_needs_counts_as_used() -> None:
    result = compose_all(
        a="""type Query { n: N } interface N { x: Int }
        type T implements N @key(fields: "id") { id: ID! x: Int @external }""",
        b='type T @key(fields: "id") { id: ID! x: Int }',
    )

    assert codes(result) == []


def test_requirement_that_only_the_supergraph_finds_wrong() -> None:
    """By its own external declaration, which is wrong, ``i`` might be an X; the owner says that it is always a Y."""
    result = compose_all(
        a="""type Query { t: T x: X } type T @key(fields: "id") { id: ID! i: Y }
        interface I { n: Int } type X implements I @shareable { n: Int x: Int }
        type Y implements I @shareable { n: Int }""",
        b="""type T @key(fields: "id") { id: ID! i: I @external r: Int @requires(fields: "i { n ... on X { x } }") }
        interface I { n: Int } type X implements I @shareable { n: Int x: Int }
        type Y implements I @shareable { n: Int }""",
    )

    assert codes(result) == ["EXTERNAL_TYPE_MISMATCH", "REQUIRES_INVALID_FIELDS"]
    assert any('no "Y" can be a "X"' in error.message for error in result.errors)
