"""``cattery compose`` beyond the supergraph itself: API schemas, contracts, problems as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from graphql import build_schema

from gateway.composition.compose import SubgraphSource, compose
from gateway.supergraph.loader import load_supergraph
from tests.support.commands import invoke
from tests.support.processes import cattery_gateway, run_cattery
from tests.support.subgraphs import fed

SHOP = fed("""
"A shop."
type Query { product: Product secret: Int @tag(name: "internal") hidden: Int @inaccessible }
"Sold." type Product @key(fields: "id") { id: ID! old: Int @deprecated(reason: "Gone soon.") state: State }
enum State { LISTED GONE }
input By @oneOf { a: Int b: Int }
scalar Url @specifiedBy(url: "https://url.test")
""")
REVIEWS = fed('"Rated." type Product @key(fields: "id") { id: ID! stars: Int @tag(name: "beta") }')

SUBGRAPHS = {"shop": SHOP, "reviews": REVIEWS}


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "supergraph.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "subgraphs": {
                    name: {"routing_url": f"http://{name}.test/", "schema": {"sdl": sdl}}
                    for name, sdl in SUBGRAPHS.items()
                },
                "contracts": {"public": {"exclude": ["internal", "beta"]}},
            }
        )
    )
    return str(path)


@pytest.fixture
def supergraph(tmp_path: Path) -> str:
    """The same, composed before."""
    result = compose(
        [SubgraphSource(name, f"http://{name}.test/", sdl) for name, sdl in SUBGRAPHS.items()]
    )
    assert result.supergraph_sdl is not None
    path = tmp_path / "supergraph.graphql"
    path.write_text(result.supergraph_sdl)
    return str(path)


def test_the_api_schema_is_what_clients_see_with_all_that_describes_it(config: str) -> None:
    done = invoke("compose", "--config", config, "--api")

    assert done.returncode == 0, done.stderr
    schema = build_schema(done.stdout)
    assert "hidden" not in done.stdout
    assert "join__" not in done.stdout
    assert "@tag" not in done.stdout
    assert schema.query_type is not None
    assert schema.query_type.description == "A shop."
    assert '@deprecated(reason: "Gone soon.")' in done.stdout
    assert '@specifiedBy(url: "https://url.test")' in done.stdout
    assert "input By @oneOf" in done.stdout


def test_the_api_schema_of_a_supergraph_that_exists_is_the_same(
    config: str, supergraph: str
) -> None:
    composed = invoke("compose", "--config", config, "--api")
    read = invoke("compose", "--supergraph", supergraph, "--api")

    assert read.returncode == 0
    assert read.stdout == composed.stdout


def test_a_supergraph_that_is_to_stay_as_it_is_is_refused(supergraph: str) -> None:
    done = invoke("compose", "--supergraph", supergraph)

    assert (done.returncode, done.stdout) == (2, "")
    assert "add --api or a contract" in done.stderr


def test_contracts_by_name_and_by_tags_come_to_the_same(config: str, supergraph: str) -> None:
    by_name = invoke("compose", "-c", config, "--contract", "public")
    by_tags = invoke(
        "compose", "-s", supergraph, "--exclude-tag", "internal", "--exclude-tag", "beta"
    )

    assert by_name.returncode == 0, by_name.stderr
    assert by_name.stdout == by_tags.stdout
    api = load_supergraph(by_name.stdout).api_schema
    assert api.query_type is not None
    assert list(api.query_type.fields) == ["product"]


def test_a_contract_that_leaves_nothing_is_told_as_json(config: str) -> None:
    done = invoke("compose", "-c", config, "--include-tag", "nope", "--format", "json")

    assert (done.returncode, done.stdout) == (1, "")
    problems = json.loads(done.stderr)
    assert [error["code"] for error in problems["errors"]] == ["QUERY_ROOT_TYPE_INACCESSIBLE"]
    assert problems["unknownTags"] == ["nope"]


def test_problems_as_json_have_code_coordinate_and_place(config: str) -> None:
    content: dict[str, Any] = yaml.safe_load(Path(config).read_text())
    content["subgraphs"]["reviews"]["schema"]["sdl"] = REVIEWS.replace(
        "stars: Int", "state: String @shareable stars: Int"
    )
    Path(config).write_text(yaml.safe_dump(content))

    done = invoke("compose", "-c", config, "--format", "json")

    assert done.returncode == 1
    (error, *_) = json.loads(done.stderr)["errors"]
    assert (error["code"], error["coordinate"]) == ("FIELD_TYPE_MISMATCH", "Product.state")
    assert {place["subgraph"] for place in error["locations"]} == {"shop", "reviews"}
    assert all(place["line"] >= 1 and place["column"] >= 1 for place in error["locations"])


def test_hints_as_json_have_a_level_and_leave_standard_output_alone(config: str) -> None:
    done = invoke("compose", "-c", config, "--format", "json")

    problems = json.loads(done.stderr)
    assert done.returncode == 0
    assert load_supergraph(done.stdout)
    assert problems["subgraphs"] == 2
    assert problems["errors"] == []
    assert {hint["level"] for hint in problems["hints"]} <= {"WARN", "INFO", "DEBUG"}
    assert problems["hints"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--contract", "nope"), "No contract is named 'nope'"),
        (("--contract", "public", "--exclude-tag", "beta"), "Give either tags or the contract"),
        (("--hide-unreachable",), "--hide-unreachable needs"),
        (("--api", "--output", "/nowhere/at/all"), "/nowhere/at/all cannot be written"),
    ],
)
def test_what_is_asked_wrongly_is_a_usage_error(
    config: str, arguments: tuple[str, ...], problem: str
) -> None:
    done = invoke("compose", "-c", config, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"CONFIG_INVALID {problem}" in done.stderr


def test_a_usage_error_as_json_has_a_code(config: str) -> None:
    done = invoke("compose", "-c", config, "--contract", "nope", "--format", "json")

    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["errors"][0]["code"] == "CONFIG_INVALID"


def test_a_plan_is_for_those_who_see_the_contract(config: str) -> None:
    arguments = ("plan", "-c", config, "--contract", "public", "-q", "-")

    seen = run_cattery(*arguments, stdin="{ product { id } }")
    hidden = run_cattery(*arguments, stdin="{ secret }")

    assert seen.returncode == 0, seen.stderr
    assert hidden.returncode == 1
    assert "GRAPHQL_VALIDATION_FAILED" in hidden.stderr


def test_a_gateway_serves_a_contract(config: str, tmp_path: Path) -> None:
    with cattery_gateway(
        ["--config", config, "--contract", "public"], log=tmp_path / "log"
    ) as running:
        answer = httpx.post(
            f"http://127.0.0.1:{running.port}/graphql",
            json={"query": '{ __type(name: "Query") { fields { name } } }'},
        )

    assert answer.json() == {"data": {"__type": {"fields": [{"name": "product"}]}}}
