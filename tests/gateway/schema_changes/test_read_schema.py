"""Supergraphs and API schemas are read alike; hidden elements do not count."""

from __future__ import annotations

import pytest
from graphql import print_schema

from gateway.errors import SupergraphInvalid
from gateway.schema_changes import find_changes, read_schema
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import compose_all


def supergraph(sdl: str) -> str:
    result = compose_all(a=sdl)
    assert result.supergraph_sdl is not None, result.errors
    return result.supergraph_sdl


def test_a_supergraph_and_its_api_schema_are_the_same_to_clients() -> None:
    sdl = supergraph(
        "type Query { a(b: In): A } input In { c: Int } type A { d: Int @deprecated } scalar S"
    )
    api = print_schema(load_supergraph(sdl).api_schema)

    assert find_changes(read_schema(sdl), read_schema(api)) == ()
    assert find_changes(read_schema(api), read_schema(sdl)) == ()


def test_what_is_inaccessible_comes_and_goes_unseen() -> None:
    old = supergraph("type Query { a: Int b: Int @inaccessible }")
    new = supergraph("type Query { a: Int c: C @inaccessible } type C @inaccessible { d: Int }")

    assert find_changes(read_schema(old), read_schema(new)) == ()


def test_what_becomes_inaccessible_is_removed() -> None:
    old = supergraph("type Query { a: Int b: Int }")
    new = supergraph("type Query { a: Int b: Int @inaccessible }")

    (change,) = find_changes(read_schema(old), read_schema(new))

    assert (change.code, change.coordinate) == ("FIELD_REMOVED", "Query.b")
    assert change.old_line is not None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("type Query {\n", "^Line 2, column 1: "),
        ("type Query { a: Nope }", "no API schema either. Line 1, column 17: "),
        ("type Query { a: Int @key }", "no API schema either"),
        ("type A { a: Int }", "API schema is invalid"),
        ("type Query { a(of: Query = X): Int }", "must be Input Type"),
    ],
)
def test_what_is_neither_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SupergraphInvalid, match=problem):
        read_schema(text)
