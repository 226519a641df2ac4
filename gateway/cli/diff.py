"""``cattery diff``: what changes for clients from one schema to the next, and who notices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLSchema

from gateway.app.background import long_computation
from gateway.config.text_file import read_text_file
from gateway.errors import ConfigInvalid, GatewayError, SupergraphInvalid
from gateway.schema_changes import find_changes, read_schema
from gateway.schema_changes.recorded_operations import (
    RecordedOperation,
    read_documents,
    read_json_lines,
)
from gateway.schema_changes.report import json_report, markdown_report, text_report
from gateway.schema_changes.schema_diff import SchemaDiff, Threshold
from gateway.schema_changes.traffic import weigh_changes

from .console import stop_for
from .files import read_text, refuse_input_for_two, write_output

_READERS: dict[str, Callable[[str, str], Iterator[RecordedOperation]]] = {
    ".graphql": read_documents,
    ".gql": read_documents,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json_lines,
}


class DiffFormat(StrEnum):
    """How a verdict is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def diff(
    old: Annotated[
        Path, typer.Argument(help="A supergraph or API schema; - reads standard input.")
    ],
    new: Annotated[Path, typer.Argument(help="The one to take its place; or -.")],
    *,
    operations: Annotated[
        Path | None,
        typer.Option(help="Recorded operations: a file, or a folder of .graphql and .jsonl."),
    ] = None,
    fail_on: Annotated[
        Threshold, typer.Option(help="From which severity on to exit with 1.")
    ] = Threshold.BREAKING,
    output_format: Annotated[
        DiffFormat, typer.Option("--format", help="How to print.")
    ] = DiffFormat.TEXT,
) -> None:
    """Compare two schemas as clients see them. Exits with 1 when the new one breaks operations.

        cattery diff old.graphql new.graphql
        cattery diff old.graphql new.graphql --fail-on dangerous --format markdown
        cattery compose --config supergraph.yaml | cattery diff old.graphql -

    With recorded operations, a breaking change that none of them uses does not count:

        cattery diff old.graphql new.graphql --operations recorded/

    What is inaccessible, or hidden by a contract, is no change for anybody.
    """
    try:
        refuse_input_for_two(old, new)
        with long_computation():
            before, after = _read_schema(old), _read_schema(new)
            changes = find_changes(before, after)
        traffic = None
        if operations is not None:
            recorded = _read_operations(operations)
            traffic = weigh_changes(changes, recorded, old=before, new=after)
        verdict = SchemaDiff(changes, traffic)
        write_output(_print(verdict, output_format))
    except GatewayError as error:
        stop_for(error)
    if verdict.is_refused(fail_on):
        raise typer.Exit(1)


def _print(verdict: SchemaDiff, form: DiffFormat) -> str:
    match form:
        case DiffFormat.TEXT:
            return text_report(verdict)
        case DiffFormat.MARKDOWN:
            return markdown_report(verdict)
        case DiffFormat.JSON:
            return json.dumps(json_report(verdict), indent=2, ensure_ascii=False) + "\n"


def _read_schema(path: Path) -> GraphQLSchema:
    try:
        return read_schema(read_text(path))
    except SupergraphInvalid as error:
        raise ConfigInvalid(f"{path}: {error}") from error


def _read_operations(path: Path) -> list[RecordedOperation]:
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in _READERS)
    recorded: list[RecordedOperation] = []
    for file in files:
        reader = _READERS.get(file.suffix)
        if reader is None:
            raise ConfigInvalid(f"{file} must end in one of {', '.join(_READERS)}.")
        recorded += reader(read_text_file(file), str(file))
    if not recorded:
        raise ConfigInvalid(f"{path} holds no recorded operations.")
    return recorded
