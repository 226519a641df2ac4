"""What suites are measured by has to find fault: strict subgraphs complain, and the whole schema does not guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import build_schema, parse

from .strict_subgraph import StrictSubgraph, read_local_schema
from .whole import FactsDisagree, WholeSchema

SDL = """
    type Query { boat: Boat }
    type Boat @key(fields: "id") @key(fields: "hull", resolvable: false) {
      id: ID
      hull: String
      length: Int @external
      fee: String @requires(fields: "length")
      flag: String
    }
    type Pier { id: ID }
"""
DATA: dict[str, dict[str, Any]] = {
    "Query": {"boat": "Boat/b1"},
    "Boat": {"b1": {"id": "b1", "hull": "H", "fee": "{length} SEK"}},
}
ENTITIES = "query ($reps: [_Any!]!) { _entities(representations: $reps) { ... on Boat { %s } } }"


def ask(operation: str, *representations: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    subgraph = StrictSubgraph("yard", read_local_schema(SDL), DATA)
    answer = subgraph.answer(operation, {"reps": list(representations)})
    return answer, subgraph.complaints


def test_what_is_asked_well_is_answered_without_complaint() -> None:
    answer, complaints = ask(ENTITIES % "hull fee", {"__typename": "Boat", "id": "b1", "length": 9})

    assert answer == {"data": {"_entities": [{"hull": "H", "fee": "9 SEK"}]}}
    assert complaints == []


@pytest.mark.parametrize(
    ("fields", "representation", "complaint"),
    [
        ("hull", {"__typename": "Boat", "hull": "H"}, "there is no key"),
        ("hull", {"__typename": "Boat", "id": None}, "there is no key"),
        ("hull", {"__typename": "Boat", "id": "b2"}, "there is no {"),
        ("hull", {"__typename": "Pier", "id": "p1"}, "cannot be entered"),
        ("hull", {"id": "b1"}, "cannot be entered"),
        ("hull", {"__typename": "Boat", "id": "b1", "length": 9}, "sent with length for no field"),
        ("fee", {"__typename": "Boat", "id": "b1"}, "read without length"),
        ("flag", {"__typename": "Boat", "id": "b1"}, "Boat.flag must not be read"),
    ],
)
def test_a_strict_subgraph_complains(
    fields: str, representation: dict[str, Any], complaint: str
) -> None:
    _, complaints = ask(ENTITIES % fields, representation)

    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_a_field_with_inputs_is_not_read_on_the_way() -> None:
    _, complaints = ask("{ boat { fee } }")

    assert complaints == ["yard: Boat.fee is read without its inputs"]


def whole(**data: Any) -> Callable[[str], Any]:
    schema = build_schema("type Query { boat: Boat } type Boat { name: String tags: [String] }")
    local = read_local_schema("type Query { a: Int }")
    measure = WholeSchema(schema, {}, data, dict.fromkeys(data, local))
    return lambda operation: measure.answer(parse(operation), {})


def test_an_object_is_what_all_know_of_it() -> None:
    answer = whole(
        a={"Query": {"boat": "Boat/b"}, "Boat": {"b": {"name": "Gale"}}},
        b={"Boat": {"b": {"name": "Gale", "tags": ["x", None]}}},
    )

    assert answer("{ boat { name tags } }") == {
        "data": {"boat": {"name": "Gale", "tags": ["x", None]}}
    }


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"name": "Gust"}, "Boat.name is"),
        ({"tags": []}, "lists of different length"),
    ],
)
def test_facts_that_differ_give_no_answer(facts: dict[str, Any], problem: str) -> None:
    answer = whole(
        a={"Query": {"boat": "Boat/b"}, "Boat": {"b": {"name": "Gale", "tags": ["x"]}}},
        b={"Boat": {"b": facts}},
    )

    with pytest.raises(FactsDisagree, match=problem):
        answer("{ boat { name tags } }")


def test_what_nobody_knows_gives_no_answer() -> None:
    answer = whole(a={"Query": {"boat": "Boat/b"}, "Boat": {"b": {"name": "Gale"}}})

    with pytest.raises(FactsDisagree, match=r"nobody knows Boat\.tags"):
        answer("{ boat { tags } }")
