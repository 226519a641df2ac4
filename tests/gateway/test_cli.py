"""The commands, as processes: what they print where, and with which code they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gateway.supergraph.loader import load_supergraph
from tests.support.gateway import shop_yaml
from tests.support.processes import run_cattery
from tests.support.shop import PRODUCTS_SDL, REVIEWS_SDL

QUERY = (
    "query Shelf($full: Boolean!) { product(id: 1) { name reviews @include(if: $full) { text } } }"
)


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A supergraph.yaml with schemas in files."""
    for name, sdl in (("products", PRODUCTS_SDL), ("reviews", REVIEWS_SDL)):
        (tmp_path / f"{name}.graphql").write_text(sdl)
    path = tmp_path / "supergraph.yaml"
    subgraphs = {
        name: {
            "routing_url": f"http://{name}.test/graphql",
            "schema": {"file": f"./{name}.graphql"},
        }
        for name in ("products", "reviews")
    }
    path.write_text(yaml.safe_dump({"federation_version": "=2.9.0", "subgraphs": subgraphs}))
    return str(path)


@pytest.fixture
def operation(tmp_path: Path) -> str:
    path = tmp_path / "query.graphql"
    path.write_text(QUERY)
    return str(path)


def test_compose_prints_the_supergraph_and_says_beside_it_how_it_went(config: str) -> None:
    done = run_cattery("compose", "--config", config)

    assert done.returncode == 0
    assert set(load_supergraph(done.stdout).subgraphs) == {"products", "reviews"}
    assert "2 subgraphs, 0 errors, 0 hints" in done.stderr


def test_compose_writes_to_a_file(config: str, tmp_path: Path) -> None:
    output = tmp_path / "supergraph.graphql"

    done = run_cattery("compose", "--config", config, "--output", str(output))

    assert (done.returncode, done.stdout) == (0, "")
    assert load_supergraph(output.read_text())


def test_compose_asks_subgraphs_of_this_process(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text(shop_yaml())

    done = run_cattery("compose", "--config", str(path))

    assert done.returncode == 0
    assert load_supergraph(done.stdout)


def test_subgraphs_that_do_not_fit_are_told_with_codes(config: str, tmp_path: Path) -> None:
    wrong = REVIEWS_SDL.replace("reviewCount: Int", "reviewCount: Int products: Int")
    (tmp_path / "reviews.graphql").write_text(wrong)

    done = run_cattery("compose", "--config", config)

    assert (done.returncode, done.stdout) == (1, "")
    assert "error " in done.stderr
    assert "INVALID_FIELD_SHARING" in done.stderr or "FIELD_TYPE_MISMATCH" in done.stderr
    assert "Traceback" not in done.stderr


def test_compose_says_which_subgraph_does_not_answer(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text("subgraphs: {a: {schema: {subgraph_url: 'http://127.0.0.1:9/graphql'}}}")

    done = run_cattery("compose", "--config", str(path))

    assert done.returncode == 1
    assert "SUBGRAPH_SCHEMA_UNAVAILABLE" in done.stderr
    assert "'a'" in done.stderr


def test_plan_prints_the_fetches(config: str, operation: str) -> None:
    done = run_cattery(
        "plan", "--config", config, "--operation", operation, "--variables", '{"full": true}'
    )

    assert done.returncode == 0, done.stderr
    assert "products" in done.stdout
    assert "reviews" in done.stdout


def test_plan_depends_on_conditions_and_prints_json(config: str) -> None:
    arguments = ("plan", "-c", config, "-q", "-", "--format", "json", "--variables")
    full = run_cattery(*arguments, '{"full": true}', stdin=QUERY)
    short = run_cattery(*arguments, '{"full": false}', stdin=QUERY)

    assert "reviews" in json.dumps(json.loads(full.stdout))
    assert "reviews" not in json.dumps(json.loads(short.stdout))


def test_plan_explains_itself_and_takes_labels(config: str, operation: str) -> None:
    arguments = (
        "plan",
        "-c",
        config,
        "-q",
        operation,
        "--variables",
        '{"full": true}',
        "--explain",
    )
    text, found = run_cattery(*arguments), run_cattery(*arguments, "--format", "json")
    refused = run_cattery(*arguments, "--label", "nobody")

    assert "Fetch 0 from " in text.stdout
    assert json.loads(found.stdout)["explanation"][0]["fields"]
    assert refused.returncode == 2
    assert "under the label nobody" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("--variables", "[]"), "CONFIG_INVALID", 2),
        (("--operation-name", "Nope", "--variables", "{}"), "OPERATION_RESOLUTION_FAILURE", 1),
        ((), "BAD_USER_INPUT", 1),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused_with_a_code(
    config: str, operation: str, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    done = run_cattery("plan", "-c", config, "-q", operation, *arguments)

    assert (done.returncode, done.stdout) == (exit_code, "")
    assert code in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_document_is_refused_line_by_line(config: str) -> None:
    done = run_cattery("plan", "-c", config, "-q", "-", stdin="{ nope neither }")

    assert done.returncode == 1
    assert done.stderr.count("GRAPHQL_VALIDATION_FAILED") == 2


@pytest.mark.parametrize("command", ["compose", "gateway"])
def test_a_wrong_configuration_is_refused_by_its_path(tmp_path: Path, command: str) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text("subgraphs: {a: {in_process: nothing}}")

    done = run_cattery(command, "--config", str(path))

    assert done.returncode == 2
    assert "CONFIG_INVALID subgraphs.a.in_process must be" in done.stderr
    assert "Traceback" not in done.stderr


def test_subgraphs_that_do_not_compose_end_the_gateway(config: str, tmp_path: Path) -> None:
    (tmp_path / "reviews.graphql").write_text("type Query { a: Nope }")

    done = run_cattery("gateway", "--config", config, "--port", "0")

    assert done.returncode == 1
    assert "COMPOSITION_FAILED" in done.stderr
    assert "INVALID_GRAPHQL" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_teaches_with_examples() -> None:
    overview = run_cattery("--help")
    gateway = run_cattery("gateway", "--help")

    for command in ("gateway", "compose", "plan"):
        assert command in overview.stdout
    assert "cattery gateway --config supergraph.yaml" in gateway.stdout
    assert gateway.stdout.count("CATTERY_GATEWAY_") >= 1
