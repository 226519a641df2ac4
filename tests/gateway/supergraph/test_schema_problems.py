"""What is wrong with a schema is found as graphql-core finds it, without looking at all of it."""

from __future__ import annotations

from graphql import parse
from graphql.validation.validate import validate_sdl
from hypothesis import given
from hypothesis import strategies as st

from gateway.supergraph.schema_problems import find_sdl_faults

DEFINITIONS = st.sampled_from(
    [
        "type A { a: Int }",
        'type A @d { a(x: Int, x: Int): Missing @d(x: "1") @d a: Int }',
        "extend type A { b(x: In = {a: 1, a: 2}): A @unknown }",
        "extend interface A { c: Int }",
        "interface I implements I { a(x: E = V): I @deprecated(because: 1) }",
        "type B implements I & Missing { a: [B!]! @d(x: 1, x: 2) }",
        'enum E { V @d(x: "1") @d(x: "2") V W @deprecated @deprecated }',
        "input In { a: In = {a: {a: null, a: 3}} @skip(if: true) a: Int }",
        "union U @d(y: 1) = A | A | Missing",
        "scalar S @specifiedBy",
        "schema { query: A query: B }",
        "extend schema @d { mutation: Missing }",
        "directive @d(x: String!, x: Int) on FIELD_DEFINITION | OBJECT",
        "directive @d on ENUM_VALUE",
        '"described" directive @e(in: In = {a: 1, a: 2} @e) repeatable on ARGUMENT_DEFINITION',
    ]
)


@given(st.lists(DEFINITIONS, min_size=1, max_size=8).map("\n".join))
def test_faults_are_those_of_graphql_core(sdl: str) -> None:
    document = parse(sdl)

    assert find_sdl_faults(document) == validate_sdl(document)
