"""``cattery diff``: formats, exit codes, recorded operations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import invoke

OLD = "type Query { a: Int b: Int c: E }\nenum E { X }\n"
NEW = "type Query { b: Int! c: E }\nenum E { X Y }\n"


@pytest.fixture
def schemas(tmp_path: Path) -> tuple[str, str]:
    for name, text in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.graphql").write_text(text)
    return str(tmp_path / "old.graphql"), str(tmp_path / "new.graphql")


def test_changes_are_told_the_worst_first_and_break_the_build(schemas: tuple[str, str]) -> None:
    done = invoke("diff", *schemas)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "breaking FIELD_REMOVED The field Query.a was removed. (old line 1)",
        "dangerous ENUM_VALUE_ADDED_TO_OUTPUT The value E.Y may come now. (new line 2)",
        "safe FIELD_TYPE_NARROWED Query.b promises more than before: from Int to Int!."
        " (old line 1, new line 1)",
        "1 breaking, 1 dangerous, 1 safe",
    ]


def test_either_schema_may_come_through_a_pipe(schemas: tuple[str, str]) -> None:
    old, new = schemas

    from_files = invoke("diff", old, new)

    assert invoke("diff", "-", new, stdin=OLD) == from_files
    assert invoke("diff", old, "-", stdin=NEW) == from_files


@pytest.mark.parametrize(
    ("paths", "stdin", "problem"),
    [
        (("-", "-"), NEW, "for one of them only"),
        (("-", "NEW"), b"type Query \xff", "Standard input cannot be read: it is not UTF-8."),
        (("-", "NEW"), "", "Unexpected <EOF>"),
    ],
)
def test_what_comes_through_a_pipe_may_be_of_no_use(
    schemas: tuple[str, str], paths: tuple[str, str], stdin: str | bytes, problem: str
) -> None:
    done = invoke("diff", *(path.replace("NEW", schemas[1]) for path in paths), stdin=stdin)

    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("dangerous", 1), ("breaking", 1)])
def test_the_threshold_decides_about_the_exit_code(
    schemas: tuple[str, str], fail_on: str, code: int
) -> None:
    assert invoke("diff", *schemas, "--fail-on", fail_on).returncode == code


def test_equal_schemas_pass(schemas: tuple[str, str]) -> None:
    done = invoke("diff", schemas[0], schemas[0], "--fail-on", "dangerous")

    assert (done.returncode, done.stdout) == (0, "0 breaking, 0 dangerous, 0 safe\n")


def test_recorded_operations_make_a_change_safe(schemas: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "recorded" / "deep"
    folder.mkdir(parents=True)
    (folder / "app.graphql").write_text("query App { b }")
    (folder / "log.jsonl").write_text('{"query": "{ c }", "count": 3}\n')
    (folder / "notes.txt").write_text("no operations")

    done = invoke("diff", *schemas, "--operations", str(folder.parent))

    assert done.returncode == 0
    assert "safe by traffic FIELD_REMOVED" in done.stdout
    assert (
        "0 breaking, 1 dangerous, 2 safe; 2 recorded operations, 0 valid no longer" in done.stdout
    )


def test_json_names_the_operations_that_break(schemas: tuple[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log.ndjson"
    log.write_text('{"query": "query App { a }", "operationName": "App", "count": 3}\n')

    done = invoke("diff", *schemas, "--operations", str(log), "--format", "json")

    report = json.loads(done.stdout)
    operation = {"name": "App", "source": f"{log}:1", "requests": 3}
    assert done.returncode == 1
    assert report["summary"] == {"breaking": 1, "dangerous": 1, "safe": 1}
    assert report["changes"][0] == {
        "code": "FIELD_REMOVED",
        "severity": "breaking",
        "coordinate": "Query.a",
        "message": "The field Query.a was removed.",
        "oldLine": 1,
        "newLine": None,
        "safeByTraffic": False,
        "usedBy": [operation],
    }
    (broken,) = report["operations"]["broken"]
    assert {key: broken[key] for key in operation} == operation
    assert "Cannot query field" in broken["errors"][0]


def test_markdown_is_a_table_for_a_review(schemas: tuple[str, str], tmp_path: Path) -> None:
    log = tmp_path / "app.gql"
    log.write_text("query App { a }")

    done = invoke("diff", *schemas, "--format", "markdown", "--operations", str(log))

    lines = done.stdout.splitlines()
    assert lines[0].startswith("**1 breaking, 1 dangerous, 1 safe;")
    assert (
        "| breaking | The field Query.a was removed. `FIELD_REMOVED` | `Query.a` (old line 1) |"
        in lines[4]
    )
    assert "1 operation in 1 request: App" in lines[4]
    assert "### Operations that are valid no longer" in lines


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("new.graphql", "type Query {", "new.graphql: Line 1"),
        ("new.graphql", "type Query { a: Nope }", "no API schema either"),
        ("log.jsonl", "nope", "log.jsonl:1 is not JSON"),
        ("log.jsonl", "", "holds no recorded operations"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(
    schemas: tuple[str, str], tmp_path: Path, name: str, text: str, problem: str
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"query": "{ b }"}')
    (tmp_path / name).write_text(text)

    done = invoke("diff", *schemas, "--operations", str(log))

    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr


@pytest.mark.parametrize("missing", ["old", "operations"])
def test_what_is_not_there_is_a_usage_error(schemas: tuple[str, str], missing: str) -> None:
    old = "/nowhere" if missing == "old" else schemas[0]
    extra = ("--operations", "/nowhere.jsonl") if missing == "operations" else ()

    done = invoke("diff", old, schemas[1], *extra)

    assert done.returncode == 2
    assert "cannot be read" in done.stderr
