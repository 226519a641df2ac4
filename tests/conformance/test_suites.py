"""One suite for each thing that federation asks of a gateway: composed, planned, linted, executed, compared.

A plan is the same from a supergraph that was printed and read again. It is executed twice, interpreted first and by
generated code then. ``suites/README.md`` is a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.mark import ParameterSet

from gateway.errors import GatewayError
from gateway.execution.prepared_plan import prepare_plan
from gateway.query_plan.nodes import OperationKind
from gateway.query_plan.printer import print_plan
from tests.support.plan_lints import lint_plan

from .run_case import (
    Conversation,
    answer_case,
    check_case,
    expected_data,
    plan_case,
    summarize_errors,
)
from .suite import SUITES, Case, compose_suite, composition_of, read_suite, suite_names


def _cases() -> Iterator[ParameterSet]:
    for name in suite_names():
        for case in read_suite(name).cases:
            yield pytest.param(name, case, id=f"{name}: {case.name}")


@pytest.mark.parametrize(("name", "case"), list(_cases()))
async def test_the_answer_is_right_and_nothing_is_asked_in_vain(name: str, case: Case) -> None:
    suite, composed = read_suite(name), compose_suite(name)
    if case.refused is not None:
        with pytest.raises(GatewayError) as refusal:
            plan_case(case, composed.supergraph, check_case(case, composed.supergraph))
        assert refusal.value.code == case.refused
        return
    variables = check_case(case, composed.supergraph)
    plan = plan_case(case, composed.supergraph, variables)
    schemas = {subgraph: local.schema for subgraph, local in composed.local.items()}
    try:
        assert lint_plan(plan, composed.supergraph, schemas) == []
        assert plan_case(case, composed.reloaded, variables) == plan
        expected = expected_data(case, suite, composed)
        prepared = prepare_plan(plan)
        for _ in ("interpreted", "generated"):
            answer, conversation = await answer_case(prepared, variables, suite, composed)
            assert conversation.complaints == []
            assert summarize_errors(answer) == sorted(case.errors)
            assert answer["data"] == expected
            if case.data == "whole":
                # Equal, and in the client's order.
                assert json.dumps(answer["data"]) == json.dumps(expected)
            _check_conversation(case, conversation, plan.kind)
    except AssertionError as error:
        error.add_note(print_plan(plan))
        raise


def _check_conversation(case: Case, conversation: Conversation, kind: OperationKind) -> None:
    if case.requests is not None:
        asked = [subgraph for subgraph, _ in conversation.requests]
        if kind is OperationKind.MUTATION:
            assert asked == list(case.requests)
        else:
            assert sorted(asked) == sorted(case.requests)
    for subgraph, representations in case.sent.items():
        assert _sorted(conversation.sent.get(subgraph, [])) == _sorted(representations)
    for subgraph, texts in case.texts.items():
        assert sorted(text for name, text in conversation.requests if name == subgraph) == sorted(
            texts
        )


def _sorted(values: list[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True) for value in values)


@pytest.mark.parametrize("name", suite_names())
def test_the_subgraphs_compose_as_the_suite_says(name: str) -> None:
    errors = composition_of(name).errors

    assert sorted({str(error.code) for error in errors}) == sorted(read_suite(name).composition)


@pytest.mark.parametrize("name", [name for name in suite_names() if read_suite(name).data])
def test_facts_are_about_fields_that_there_are(name: str) -> None:
    suite = read_suite(name)

    for subgraph, records in suite.data.items():
        schema = compose_suite(name).local[subgraph].schema
        for type_name, named in records.items():
            fields = set(schema.type_map[type_name].fields)  # type: ignore[attr-defined]
            if type_name in {"Query", "Mutation"}:
                assert set(named) <= fields
                continue
            for record in named.values():
                assert {key for key in record or () if key[0] != "$"} <= fields | {"__typename"}


def test_every_suite_is_in_the_list() -> None:
    listed = (SUITES / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [f"| `{name}` | {read_suite(name).about.strip()} |" for name in suite_names()]

    assert [row for row in rows if row not in listed] == []
    assert len([line for line in listed if line.startswith("| `")]) == len(rows)
