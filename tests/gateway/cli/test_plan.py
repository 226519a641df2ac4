"""``cattery plan``: plans as text and JSON, why they are so, and what cannot be planned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import invoke

QUERY = (
    "query Shelf($full: Boolean!) { product(id: 1) { name reviews @include(if: $full) { text } } }"
)


@pytest.fixture
def operation(tmp_path: Path) -> str:
    path = tmp_path / "query.graphql"
    path.write_text(QUERY)
    return str(path)


def test_plan_prints_the_fetches_in_their_order(shop_config: str, operation: str) -> None:
    done = invoke(
        "plan", "--config", shop_config, "--operation", operation, "--variables", '{"full": true}'
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith('QueryPlan {\n  Sequence {\n    Fetch(subgraph: "products")')
    assert done.stdout.index('Flatten(path: "product")') < done.stdout.index('"reviews"')


def test_plan_depends_on_conditions_and_prints_json(shop_config: str) -> None:
    arguments = ("plan", "-c", shop_config, "-q", "-", "--format", "json", "--variables")

    full = json.loads(invoke(*arguments, '{"full": true}', stdin=QUERY).stdout)
    short = json.loads(invoke(*arguments, '{"full": false}', stdin=QUERY).stdout)

    assert [node["subgraph"] for node in full["node"]["nodes"]] == ["products", "reviews"]
    assert short["node"]["subgraph"] == "products"


def test_the_supergraph_may_come_through_a_pipe(shop_config: str, operation: str) -> None:
    arguments = ("plan", "-q", operation, "--variables", '{"full": true}')
    composed = invoke("compose", "-c", shop_config).stdout

    piped = invoke(*arguments, "-s", "-", stdin=composed)

    assert piped == invoke(*arguments, "-c", shop_config)
    assert piped.returncode == 0


def test_standard_input_is_read_for_one_thing() -> None:
    done = invoke("plan", "-s", "-", "-q", "-", stdin=QUERY)

    assert (done.returncode, done.stdout) == (2, "")
    assert "for one of them only" in done.stderr


def test_plan_explains_itself(shop_config: str, operation: str) -> None:
    arguments = ("plan", "-c", shop_config, "-q", operation, "--variables", '{"full": true}')

    text = invoke(*arguments, "--explain")
    found = invoke(*arguments, "--explain", "--format", "json")

    assert "Fetch 0 from products" in text.stdout
    assert json.loads(found.stdout)["explanation"][0]["fields"]


def test_a_label_that_no_override_has_is_refused(shop_config: str, operation: str) -> None:
    arguments = ("plan", "-c", shop_config, "-q", operation, "--variables", '{"full": true}')

    done = invoke(*arguments, "--label", "nobody")

    assert (done.returncode, done.stdout) == (2, "")
    assert "under the label nobody" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--variables", "[]"), "CONFIG_INVALID", 2),
        (("--operation-name", "Nope", "--variables", "{}"), "OPERATION_RESOLUTION_FAILURE", 1),
        ((), "BAD_USER_INPUT", 1),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused_with_a_code(
    shop_config: str, operation: str, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    done = invoke("plan", "-c", shop_config, "-q", operation, *arguments)

    assert (done.returncode, done.stdout) == (exit_code, "")
    assert done.stderr.startswith(f"{code} ")


def test_a_wrong_document_is_refused_line_by_line(shop_config: str) -> None:
    done = invoke("plan", "-c", shop_config, "-q", "-", stdin="{ nope\n  neither }")

    assert done.returncode == 1
    assert [line.partition(": Cannot query")[0] for line in done.stderr.splitlines()] == [
        "GRAPHQL_VALIDATION_FAILED Line 1, column 3",
        "GRAPHQL_VALIDATION_FAILED Line 2, column 3",
    ]


def test_a_document_that_is_not_there_is_a_usage_error(shop_config: str, tmp_path: Path) -> None:
    done = invoke("plan", "-c", shop_config, "-q", str(tmp_path / "nothing.graphql"))

    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing.graphql cannot be read" in done.stderr


def test_a_plan_is_for_those_who_see_the_contract(contract_config: str) -> None:
    arguments = ("plan", "-c", contract_config, "--contract", "public", "-q", "-")

    seen = invoke(*arguments, stdin="{ product { id } }")
    hidden = invoke(*arguments, stdin="{ secret }")

    assert seen.returncode == 0, seen.stderr
    assert hidden.returncode == 1
    assert "GRAPHQL_VALIDATION_FAILED" in hidden.stderr
