"""Names of tags, wherever a tag can be."""

from __future__ import annotations

import pytest

from tests.support.subgraphs import codes, compose_all


@pytest.mark.parametrize("name", ["a", "_a", "-a", "/a", "A-b/c_1", "x" * 128])
def test_name_is_accepted(name: str) -> None:
    assert codes(compose_all(a=f'type Query {{ a: Int @tag(name: "{name}") }}')) == []


@pytest.mark.parametrize("name", ["", "1a", "a b", "a.b", "ä", "x" * 129])
def test_name_is_refused(name: str) -> None:
    result = compose_all(a=f'type Query {{ a: Int @tag(name: "{name}") }}')

    assert codes(result) == ["INVALID_TAG_NAME"]


def test_every_place_of_a_tag_is_looked_at() -> None:
    result = compose_all(
        a="""type Query @tag(name: "1") { a(x: I @tag(name: "2")): E @tag(name: "3") u: U s: S n: N }
        input I @tag(name: "4") { f: Int @tag(name: "5") } enum E @tag(name: "6") { V @tag(name: "7") }
        union U @tag(name: "8") = T type T implements N { x: Int } scalar S @tag(name: "9")
        interface N @tag(name: "0") { x: Int } extend schema @tag(name: "00")
        directive @mine(x: Int @tag(name: "01")) on FIELD"""
    )

    assert codes(result) == ["INVALID_TAG_NAME"]
    assert [e.coordinate for e in result.errors] == [
        "schema", "Query", "Query.a", "Query.a(x:)", "I", "I.f", "E", "E.V", "U", "S", "N", "@mine(x:)",
    ]  # fmt: skip
