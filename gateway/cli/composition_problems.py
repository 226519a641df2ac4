"""What a composition has to say, for people and for CI."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from rich.markup import escape

from gateway.app.inspect import Composed
from gateway.composition.errors import CompositionError, CompositionHint, SourceLocation
from gateway.errors import GatewayError

from .console import messages_of, problems


class ProblemFormat(StrEnum):
    """How problems are told."""

    TEXT = "text"
    JSON = "json"


def tell_problems(composed: Composed, *, with_hints: bool, form: ProblemFormat) -> None:
    """Write errors and hints to standard error."""
    hints = composed.hints if with_hints else ()
    if form is ProblemFormat.JSON:
        _print_json(
            {
                "subgraphs": composed.subgraph_count,
                "errors": [_to_json(error, composed.files) for error in composed.errors],
                "hints": [
                    {**_to_json(hint, composed.files), "level": hint.level.value} for hint in hints
                ],
                "unknownTags": list(composed.unknown_tags),
            }
        )
        return
    for error in composed.errors:
        problems.print(f"[red]error[/red] {escape(_to_line(error, composed.files))}")
    for hint in hints:
        problems.print(f"[yellow]hint[/yellow] {escape(_to_line(hint, composed.files))}")
    for tag in composed.unknown_tags:
        problems.print(f'[yellow]hint[/yellow] No element has the tag "{escape(tag)}".')
    counts = (
        _count(composed.subgraph_count, "subgraph"),
        _count(len(composed.errors), "error"),
        _count(len(composed.hints), "hint"),
    )
    problems.print(", ".join(counts))


def tell_failure(error: GatewayError) -> None:
    """Write to standard error, as JSON, that there was nothing to compose."""
    _print_json(
        {
            "errors": [
                {"code": error.code, "message": message, "coordinate": None, "locations": []}
                for message in messages_of(error)
            ],
            "hints": [],
        }
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _to_line(problem: CompositionError | CompositionHint, files: Mapping[str, Path]) -> str:
    """Return a problem with its places as editors and terminals open them: by file where there is one."""
    places = ", ".join(
        f"{files.get(place.subgraph, place.subgraph)}:{place.line}:{place.column}"
        for place in problem.locations
    )
    return f"{problem.code}: {problem.message}" + (f" ({places})" if places else "")


def _to_json(
    problem: CompositionError | CompositionHint, files: Mapping[str, Path]
) -> dict[str, object]:
    return {
        "code": problem.code.value,
        "message": problem.message,
        "coordinate": problem.coordinate,
        "locations": _locations(problem.locations, files),
    }


def _locations(
    locations: Sequence[SourceLocation], files: Mapping[str, Path]
) -> list[dict[str, object]]:
    return [
        {
            "subgraph": place.subgraph,
            "file": str(files[place.subgraph]) if place.subgraph in files else None,
            "line": place.line,
            "column": place.column,
        }
        for place in locations
    ]


def _print_json(value: Mapping[str, object]) -> None:
    sys.stderr.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
