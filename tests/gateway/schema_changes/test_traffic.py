"""Recorded operations decide which breaking changes are felt."""

from __future__ import annotations

import json

import pytest

from gateway.errors import ConfigInvalid
from gateway.schema_changes import find_changes, read_schema
from gateway.schema_changes.recorded_operations import (
    RecordedOperation,
    read_documents,
    read_json_lines,
)
from gateway.schema_changes.schema_diff import SchemaDiff, Threshold
from gateway.schema_changes.traffic import Traffic, weigh_changes

OLD = """
directive @d(x: Int) on FIELD | QUERY
type Query { node: Node user(id: ID, by: By, role: Role): User search: Found }
interface Node { id: ID }
type User implements Node { id: ID name(short: Boolean = false): String! }
type Bot { id: ID }
union Found = User | Bot
enum Role { ADMIN GUEST }
input By { name: String role: Role near: Near }
input Near { distance: Int }
"""


def weigh(old: str, new: str, *recorded: RecordedOperation) -> tuple[SchemaDiff, Traffic]:
    before, after = read_schema(old), read_schema(new)
    found = find_changes(before, after)
    traffic = weigh_changes(found, recorded, old=before, new=after)
    return SchemaDiff(found, traffic), traffic


def sent(
    query: str, variables: dict[str, object] | None = None, count: int = 1
) -> RecordedOperation:
    return RecordedOperation(query=query, source="log:1", variables=variables, count=count)


def is_felt(edit: tuple[str, str], operation: RecordedOperation) -> bool:
    assert edit[0] in OLD
    diff, _ = weigh(OLD, OLD.replace(*edit), operation)
    return diff.is_refused(Threshold.BREAKING)


@pytest.mark.parametrize(
    ("edit", "query", "felt"),
    [
        (("name(short: Boolean = false): String!", ""), "{ user { name } }", True),
        (("name(short: Boolean = false): String!", ""), "{ user { id } }", False),
        (("String!", "String"), "{ user { name } }", True),
        (("String!", "String"), "{ user { id } }", False),
        (("id: ID, by", "id: ID!, by"), "{ user { id } }", True),
        (("id: ID, by", "id: ID!, by"), "{ user(id: 1) { id } }", False),
        (("id: ID, by", "id: ID!, by"), "query($id: ID) { user(id: $id) { id } }", True),
        (("id: ID, by", "id: ID!, by"), "query($id: ID!) { user(id: $id) { id } }", False),
        (("id: ID, by", "id: ID!, by"), "{ search { __typename } }", False),
        (("id: ID, by", "id: ID, must: Int!, by"), "{ user(id: 1) { id } }", True),
        (("Found = User | Bot", "Found = User"), "{ search { ... on Bot { id } } }", True),
        (("Found = User | Bot", "Found = User"), "{ search { ... on User { id } } }", False),
        (("User implements Node", "User"), "{ node { ... on User { id } } }", True),
        (("User implements Node", "User"), "{ user { ... on Node { id } } }", True),
        (("User implements Node", "User"), "{ user { id } }", False),
        (("ADMIN GUEST", "GUEST"), "{ user(role: ADMIN) { id } }", True),
        (("ADMIN GUEST", "GUEST"), "{ user(role: GUEST) { id } }", False),
        (("ADMIN GUEST", "GUEST"), "{ user(by: {role: ADMIN}) { id } }", True),
        (("on FIELD | QUERY", "on FIELD"), "query @d { node { id } }", True),
        (("on FIELD | QUERY", "on FIELD"), "{ node @d { id } }", False),
        (("@d(x: Int)", "@d(x: Int!)"), "{ node @d { id } }", True),
        (("@d(x: Int)", "@d(x: Int!)"), "{ node @d(x: 1) { id } }", False),
        (("By { name", "By @oneOf { name"), '{ user(by: {name: "A"}) { id } }', True),
        (("By { name", "By @oneOf { name"), "{ user { id } }", False),
        (("name: String role", "name: String! role"), "{ user(by: {role: GUEST}) { id } }", True),
        (("name: String role", "name: String! role"), '{ user(by: {name: "A"}) { id } }', False),
        (("name: String role", "role"), "fragment F on User { id } { user { ...F } }", False),
    ],
)  # fmt: skip
def test_a_change_counts_when_an_operation_may_feel_it(
    edit: tuple[str, str], query: str, felt: bool
) -> None:
    assert is_felt(edit, sent(query)) is felt


BY = "query($by: By) { user(by: $by) { id } }"
NO_DISTANCE = ("distance: Int", "far: Int")


@pytest.mark.parametrize(
    ("variables", "felt"),
    [
        (None, True),  # nobody knows what was sent
        ({}, False),
        ({"by": None}, False),
        ({"by": {"name": "A"}}, False),
        ({"by": {"near": {"distance": 3}}}, True),
    ],
)
def test_values_of_variables_decide_when_they_are_known(
    variables: dict[str, object] | None, felt: bool
) -> None:
    assert is_felt(NO_DISTANCE, sent(BY, variables)) is felt


def test_one_text_with_several_variables_is_one_operation_that_feels_for_all() -> None:
    diff, traffic = weigh(
        OLD,
        OLD.replace(*NO_DISTANCE),
        sent(BY, {"by": {"name": "A"}}, count=9),
        sent(BY, {"by": {"near": {"distance": 3}}}),
    )

    assert (traffic.operations, traffic.requests) == (1, 10)
    (hits,) = [
        hits for change, hits in traffic.hits.items() if change.coordinate == "Near.distance"
    ]
    assert [(it.name, it.requests) for it in hits] == [("log:1", 10)]
    assert diff.is_refused(Threshold.BREAKING)


def test_operations_that_feel_a_change_come_with_their_requests_the_busiest_first() -> None:
    _, traffic = weigh(
        OLD,
        OLD.replace("String!", "String"),
        sent("query Rare { user { name } }"),
        sent("query Often { user { name id } }", count=100),
        sent("query Never { node { id } }", count=50),
    )

    (hits,) = traffic.hits.values()
    assert [it.requests for it in hits] == [100, 1]


def test_an_operation_that_is_valid_no_longer_breaks_whatever_the_cause() -> None:
    """A field that promises more is safe, unless another branch keeps the old promise."""
    old = "type Query { u: U } union U = A | B type A { x: Int } type B { x: Int }"
    new = old.replace("B { x: Int }", "B { x: Int! }")

    diff, traffic = weigh(old, new, sent("{ u { ... on A { x } ... on B { x } } }"))

    assert [broken.operation.name for broken in traffic.broken] == ["log:1"]
    assert "conflict" in traffic.broken[0].errors[0]
    assert diff.is_refused(Threshold.BREAKING)
    assert not diff.is_refused(Threshold.NEVER)


@pytest.mark.parametrize(
    "query", ["{ nope }", "{", "query A { node { id } } query B { node { id } }"]
)
def test_what_was_not_valid_before_is_set_aside(query: str) -> None:
    diff, traffic = weigh(OLD, OLD.replace("String!", "String"), sent(query))

    assert len(traffic.invalid_before) == 1
    assert traffic.invalid_before[0].errors
    assert not diff.is_refused(Threshold.BREAKING)


def test_dangerous_changes_count_only_when_asked_for() -> None:
    diff, traffic = weigh(
        OLD,
        OLD.replace("User | Bot", "User | Bot | By2") + "type By2 { a: Int }",
        sent("{ search { __typename } }"),
    )

    (change,) = traffic.hits
    assert [it.name for it in traffic.hits[change]] == ["log:1"]
    assert not diff.is_refused(Threshold.BREAKING)
    assert diff.is_refused(Threshold.DANGEROUS)


def test_documents_hold_several_operations_with_their_lines() -> None:
    text = "query A { a }\n\nfragment F on Q { a }\nmutation B { b }\n"

    found = list(read_documents(text, "ops.graphql"))

    assert [(it.operation_name, it.source) for it in found] == [
        ("A", "ops.graphql:1"),
        ("B", "ops.graphql:4"),
    ]


def test_json_lines_have_names_variables_and_counts() -> None:
    lines = [
        {"query": "{ a }"},
        {"query": "query A { a }", "operationName": "A", "variables": {"b": 1}, "count": 7},
        {"query": "{ b }", "operationName": None, "variables": None, "extra": True},
    ]

    found = list(read_json_lines("\n\n".join(map(json.dumps, lines)), "log.jsonl"))

    assert [(it.operation_name, it.variables, it.count, it.source) for it in found] == [
        (None, None, 1, "log.jsonl:1"),
        ("A", {"b": 1}, 7, "log.jsonl:3"),
        (None, None, 1, "log.jsonl:5"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "nope",
        "[]",
        "{}",
        '{"query": 1}',
        '{"query": "{ a }", "operationName": 1}',
        '{"query": "{ a }", "variables": []}',
        '{"query": "{ a }", "count": 0}',
        '{"query": "{ a }", "count": true}',
    ],
)
def test_a_line_that_is_no_operation_is_refused_by_its_place(line: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"^log\.jsonl:2"):
        list(read_json_lines(f'{{"query": "{{ a }}"}}\n{line}', "log.jsonl"))


def test_a_document_that_is_no_graphql_is_refused_by_its_place() -> None:
    with pytest.raises(ConfigInvalid, match=r"^ops\.graphql:2"):
        list(read_documents("query A { a }\nquery {", "ops.graphql"))
