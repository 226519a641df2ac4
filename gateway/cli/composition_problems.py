"""What a composition has to say, for people and for CI."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum

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
                "errors": [_to_json(error) for error in composed.errors],
                "hints": [{**_to_json(hint), "level": hint.level.value} for hint in hints],
                "unknownTags": list(composed.unknown_tags),
            }
        )
        return
    for error in composed.errors:
        problems.print(f"[red]error[/red] {escape(str(error))}")
    for hint in hints:
        problems.print(f"[yellow]hint[/yellow] {escape(str(hint))}")
    for tag in composed.unknown_tags:
        problems.print(f'[yellow]hint[/yellow] No element has the tag "{escape(tag)}".')
    problems.print(
        f"{composed.subgraph_count} subgraphs, {len(composed.errors)} errors,"
        f" {len(composed.hints)} hints"
    )


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


def _to_json(problem: CompositionError | CompositionHint) -> dict[str, object]:
    return {
        "code": problem.code.value,
        "message": problem.message,
        "coordinate": problem.coordinate,
        "locations": _locations(problem.locations),
    }


def _locations(locations: Sequence[SourceLocation]) -> list[dict[str, object]]:
    return [
        {"subgraph": place.subgraph, "line": place.line, "column": place.column}
        for place in locations
    ]


def _print_json(value: Mapping[str, object]) -> None:
    sys.stderr.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
