"""Parsing, validating and selecting. Spec: GraphQL, 2, 5 and 6.1."""

from __future__ import annotations

import gc

import pytest
from graphql import OperationDefinitionNode, build_schema

from gateway.errors import (
    DocumentInvalid,
    NestingTooDeep,
    OperationUnknown,
    TokenLimitExceeded,
)
from gateway.operations.parse import parse_document
from gateway.operations.select import select_operation
from gateway.operations.validate import validate_document


def test_a_syntax_error_says_where_it_is() -> None:
    with pytest.raises(DocumentInvalid) as caught:
        parse_document("{\n  a(\n}", max_tokens=100)

    assert caught.value.problems[0].locations == ((3, 1),)


@pytest.mark.parametrize("source", ["{ a b c }", "{ a }\n# 1\n# 2\n# 3\n# 4"])
def test_tokens_and_comments_are_limited(source: str) -> None:
    assert parse_document(source, max_tokens=5)

    with pytest.raises(TokenLimitExceeded, match="more than 3 tokens"):
        parse_document(source, max_tokens=3)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(NestingTooDeep):
        parse_document("{ a " * 20_000 + "}" * 20_000, max_tokens=100_000)


def test_a_document_that_is_let_go_is_gone_without_the_garbage_collector() -> None:
    # Other threads may leave something behind, though not every time.
    assert min(garbage_of_a_document() for _ in range(5)) == 0


def garbage_of_a_document() -> int:
    gc.collect()
    gc.disable()
    try:
        document = parse_document(
            "query A($n: Int) { a(n: $n) { ...F } } # what a\n", max_tokens=100
        )
        del document
        return gc.collect()
    finally:
        gc.enable()


def test_validation_stops_at_the_limit() -> None:
    document = parse_document("{ b c d e }", max_tokens=100)

    errors = validate_document(document, build_schema("type Query { a: Int }"), max_errors=2)

    assert len(errors) == 3
    assert "Cannot query field 'b'" in errors[0].message
    assert "Too many validation errors" in errors[2].message


def selected(source: str, name: str | None) -> OperationDefinitionNode:
    return select_operation(parse_document(source, max_tokens=100), name)


def test_the_only_operation_needs_no_name() -> None:
    assert selected("query A { a } fragment F on Q { a }", None).name is not None


def test_an_operation_is_selected_by_name() -> None:
    operation = selected("query A { a } query B { a }", "B")

    assert operation.name is not None
    assert operation.name.value == "B"


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ("query A { a }", "B", 'no operation named "B"'),
        ("{ a }", "B", 'no operation named "B"'),
        ("query A { a } query B { a }", None, "several operations"),
        ("fragment F on Q { a }", None, "no operation"),
    ],
)
def test_an_operation_that_cannot_be_told_is_refused(
    source: str, name: str | None, message: str
) -> None:
    with pytest.raises(OperationUnknown, match=message):
        selected(source, name)
