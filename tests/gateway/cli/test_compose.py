"""``cattery compose``: supergraphs, API schemas, contracts; problems as text and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from graphql import build_schema

from gateway.composition.compose import SubgraphSource, compose
from gateway.supergraph.loader import load_supergraph
from tests.support.commands import invoke
from tests.support.gateway import shop_yaml
from tests.support.processes import run_cattery
from tests.support.shop import REVIEWS_SDL

from .conftest import TAGGED_REVIEWS, TAGGED_SUBGRAPHS


@pytest.fixture
def supergraph(tmp_path: Path) -> str:
    """The same, composed before."""
    result = compose(
        [
            SubgraphSource(name, f"http://{name}.test/", sdl)
            for name, sdl in TAGGED_SUBGRAPHS.items()
        ]
    )
    assert result.supergraph_sdl is not None
    path = tmp_path / "supergraph.graphql"
    path.write_text(result.supergraph_sdl)
    return str(path)


def test_the_supergraph_goes_to_standard_output_and_how_it_went_beside_it(shop_config: str) -> None:
    done = run_cattery("compose", "--config", shop_config)

    assert done.returncode == 0
    assert set(load_supergraph(done.stdout).subgraphs) == {"products", "reviews"}
    assert "2 subgraphs, 0 errors, 0 hints" in done.stderr


def test_the_supergraph_is_written_to_a_file(shop_config: str, tmp_path: Path) -> None:
    output = tmp_path / "supergraph.graphql"

    done = invoke("compose", "--config", shop_config, "--output", str(output))

    assert (done.returncode, done.stdout) == (0, "")
    assert set(load_supergraph(output.read_text()).subgraphs) == {"products", "reviews"}


def test_subgraphs_of_this_process_are_asked(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text(shop_yaml())

    done = run_cattery("compose", "--config", str(path))

    assert done.returncode == 0
    assert set(load_supergraph(done.stdout).subgraphs) == {"products", "reviews"}


def test_subgraphs_that_do_not_fit_are_told_with_codes(shop_config: str, tmp_path: Path) -> None:
    wrong = REVIEWS_SDL.replace("reviewCount: Int", "reviewCount: Int products: Int")
    (tmp_path / "reviews.graphql").write_text(wrong)

    done = invoke("compose", "--config", shop_config)

    assert (done.returncode, done.stdout) == (1, "")
    codes = re.findall(r"^error (\w+):", done.stderr, re.MULTILINE)
    assert codes == ["FIELD_TYPE_MISMATCH", "INVALID_FIELD_SHARING"]


def test_a_subgraph_that_does_not_answer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text("subgraphs: {a: {schema: {subgraph_url: 'http://127.0.0.1:9/graphql'}}}")

    done = run_cattery("compose", "--config", str(path))

    assert done.returncode == 1
    assert "SUBGRAPH_SCHEMA_UNAVAILABLE" in done.stderr
    assert "'a'" in done.stderr


def test_a_wrong_configuration_is_refused_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text("subgraphs: {a: {in_process: nothing}}")

    done = invoke("compose", "--config", str(path))

    assert done.returncode == 2
    assert "CONFIG_INVALID subgraphs.a.in_process must be" in done.stderr


def test_the_api_schema_is_what_clients_see_with_all_that_describes_it(
    contract_config: str,
) -> None:
    done = invoke("compose", "--config", contract_config, "--api")

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
    contract_config: str, supergraph: str
) -> None:
    composed = invoke("compose", "--config", contract_config, "--api")
    read = invoke("compose", "--supergraph", supergraph, "--api")

    assert read.returncode == 0
    assert read.stdout == composed.stdout


def test_a_supergraph_that_is_to_stay_as_it_is_is_refused(supergraph: str) -> None:
    done = invoke("compose", "--supergraph", supergraph)

    assert (done.returncode, done.stdout) == (2, "")
    assert "add --api or a contract" in done.stderr


def test_contracts_by_name_and_by_tags_come_to_the_same(
    contract_config: str, supergraph: str
) -> None:
    by_name = invoke("compose", "-c", contract_config, "--contract", "public")
    by_tags = invoke(
        "compose", "-s", supergraph, "--exclude-tag", "internal", "--exclude-tag", "beta"
    )

    assert by_name.returncode == 0, by_name.stderr
    assert by_name.stdout == by_tags.stdout
    api = load_supergraph(by_name.stdout).api_schema
    assert api.query_type is not None
    assert list(api.query_type.fields) == ["product"]


def test_a_contract_that_leaves_nothing_is_told_as_json(contract_config: str) -> None:
    done = invoke("compose", "-c", contract_config, "--include-tag", "nope", "--format", "json")

    assert (done.returncode, done.stdout) == (1, "")
    problems = json.loads(done.stderr)
    assert [error["code"] for error in problems["errors"]] == ["QUERY_ROOT_TYPE_INACCESSIBLE"]
    assert problems["unknownTags"] == ["nope"]


def test_problems_as_json_have_code_coordinate_and_place(contract_config: str) -> None:
    content: dict[str, Any] = yaml.safe_load(Path(contract_config).read_text())
    content["subgraphs"]["reviews"]["schema"]["sdl"] = TAGGED_REVIEWS.replace(
        "stars: Int", "state: String @shareable stars: Int"
    )
    Path(contract_config).write_text(yaml.safe_dump(content))

    done = invoke("compose", "-c", contract_config, "--format", "json")

    assert done.returncode == 1
    (error, *_) = json.loads(done.stderr)["errors"]
    assert (error["code"], error["coordinate"]) == ("FIELD_TYPE_MISMATCH", "Product.state")
    assert {place["subgraph"] for place in error["locations"]} == {"shop", "reviews"}
    assert all(place["line"] >= 1 and place["column"] >= 1 for place in error["locations"])


def test_hints_as_json_have_a_level_and_leave_standard_output_alone(contract_config: str) -> None:
    done = invoke("compose", "-c", contract_config, "--format", "json")

    problems = json.loads(done.stderr)
    assert done.returncode == 0
    assert set(load_supergraph(done.stdout).subgraphs) == {"shop", "reviews"}
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
    contract_config: str, arguments: tuple[str, ...], problem: str
) -> None:
    done = invoke("compose", "-c", contract_config, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"CONFIG_INVALID {problem}" in done.stderr


def test_a_usage_error_as_json_has_a_code(contract_config: str) -> None:
    done = invoke("compose", "-c", contract_config, "--contract", "nope", "--format", "json")

    assert (done.returncode, done.stdout) == (2, "")
    assert json.loads(done.stderr)["errors"][0]["code"] == "CONFIG_INVALID"


def test_problems_name_the_file_that_a_schema_is_in(tmp_path: Path) -> None:
    schema = tmp_path / "shop.graphql"
    schema.write_bytes(b"\xef\xbb\xbftype Query {\r\n  a: Nope\r\n}\r\n")
    path = tmp_path / "supergraph.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "subgraphs": {
                    "shop": {
                        "routing_url": "http://shop.test",
                        "schema": {"file": "shop.graphql"},
                    },
                    "text": {
                        "routing_url": "http://text.test",
                        "schema": {"sdl": "type T { b: Nope }"},
                    },
                }
            }
        )
    )

    text = invoke("compose", "-c", str(path))
    listed = json.loads(invoke("compose", "-c", str(path), "--format", "json").stderr)["errors"]

    assert f"({schema}:2:6)" in text.stderr
    assert "(text:1:13)" in text.stderr
    assert "2 subgraphs, 2 errors, 0 hints" in text.stderr
    places = [place for error in listed for place in error["locations"]]
    assert [(place["subgraph"], place["file"]) for place in places] == [
        ("shop", str(schema)),
        ("text", None),
    ]


@pytest.mark.parametrize("path", ["-", "/dev/stdin"])
def test_a_supergraph_may_come_through_a_pipe(supergraph: str, path: str) -> None:
    done = run_cattery("compose", "-s", path, "--api", stdin=Path(supergraph).read_text())

    assert done.returncode == 0
    assert "Product" in build_schema(done.stdout).type_map


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"type Query \xff", "it is not UTF-8."), (None, "Is a directory.")],
)
def test_what_cannot_be_read_says_why_and_nothing_twice(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    schema = tmp_path / "schema.graphql"
    if content is None:
        schema.mkdir()
    else:
        schema.write_bytes(content)

    done = invoke("diff", str(schema), str(schema))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"CONFIG_INVALID {schema} cannot be read: {problem}\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_told_as_such(shop_config: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = run_cattery("compose", "--config", shop_config, stdout=full)

    assert done.returncode == 2
    assert "CONFIG_INVALID Standard output cannot be written: No space left" in done.stderr
    assert "Traceback" not in done.stderr
