"""A verdict as text for a terminal, Markdown for a review, JSON for tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .change import SchemaChange, Severity
from .schema_diff import SchemaDiff
from .traffic import InvalidOperation, SeenOperation

_NAMES_SHOWN = 5
_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


def text_report(diff: SchemaDiff) -> str:
    """Return the verdict in lines, the worst first; it ends in a newline."""
    lines = []
    for change in _ranked(diff):
        lines.append(f"{_label(diff, change)} {change.code} {change.message}{_places(change)}")
        hits = _hits(diff, change)
        if hits:
            lines.append(f"    used by {_describe(hits)}")
    if diff.traffic is not None:
        lines += _invalid_lines("is valid no longer", diff.traffic.broken)
        lines += _invalid_lines("was not valid before", diff.traffic.invalid_before)
    lines.append(_summary(diff))
    return "\n".join(lines) + "\n"


def markdown_report(diff: SchemaDiff) -> str:
    """Return the verdict as a comment for a review; it ends in a newline."""
    lines = [f"**{_summary(diff)}**"]
    if diff.changes:
        columns = ["", "Change", "Where"] + (["Used by"] if diff.traffic else [])
        lines += ["", _row(columns), _row(["---"] * len(columns))]
        for change in _ranked(diff):
            cells = [_label(diff, change), f"{change.message} `{change.code}`"]
            cells.append(f"`{change.coordinate}`{_places(change)}")
            if diff.traffic is not None:
                cells.append(_describe(_hits(diff, change)) or "–")
            lines.append(_row(cells))
    if diff.traffic is not None:
        for title, found in (
            ("Operations that are valid no longer", diff.traffic.broken),
            ("Operations that were not valid before", diff.traffic.invalid_before),
        ):
            if found:
                lines += ["", f"### {title}", ""]
                lines += [f"- `{it.operation.name}`: {' '.join(it.errors)}" for it in found]
    return "\n".join(lines) + "\n"


def json_report(diff: SchemaDiff) -> dict[str, object]:
    """Return the verdict as JSON values; keys and codes are stable."""
    counts = diff.counts()
    report: dict[str, object] = {
        "summary": {severity.value: counts[severity] for severity in Severity},
        "changes": [_change_json(diff, change) for change in _ranked(diff)],
    }
    if diff.traffic is not None:
        report["operations"] = {
            "count": diff.traffic.operations,
            "requests": diff.traffic.requests,
            "broken": [_invalid_json(it) for it in diff.traffic.broken],
            "invalidBefore": [_invalid_json(it) for it in diff.traffic.invalid_before],
        }
    return report


def _change_json(diff: SchemaDiff, change: SchemaChange) -> dict[str, object]:
    value: dict[str, object] = {
        "code": change.code.value,
        "severity": change.severity.value,
        "coordinate": change.coordinate,
        "message": change.message,
        "oldLine": change.old_line,
        "newLine": change.new_line,
    }
    if diff.traffic is not None and change in diff.traffic.hits:
        value["safeByTraffic"] = diff.is_safe_by_traffic(change)
        value["usedBy"] = [_operation_json(it) for it in diff.traffic.hits[change]]
    return value


def _operation_json(operation: SeenOperation) -> Mapping[str, object]:
    return {
        "name": operation.name,
        "source": operation.source,
        "requests": operation.requests,
    }


def _invalid_json(invalid: InvalidOperation) -> Mapping[str, object]:
    return {**_operation_json(invalid.operation), "errors": list(invalid.errors)}


def _ranked(diff: SchemaDiff) -> list[SchemaChange]:
    """Changes, the worst first; those that nobody feels after the rest of their severity."""
    return sorted(
        diff.changes,
        key=lambda change: (_ORDER[change.severity], diff.is_safe_by_traffic(change)),
    )


def _label(diff: SchemaDiff, change: SchemaChange) -> str:
    return "safe by traffic" if diff.is_safe_by_traffic(change) else change.severity.value


def _hits(diff: SchemaDiff, change: SchemaChange) -> Sequence[SeenOperation]:
    return () if diff.traffic is None else diff.traffic.hits.get(change, ())


def _places(change: SchemaChange) -> str:
    places = [
        f"{which} line {line}"
        for which, line in (("old", change.old_line), ("new", change.new_line))
        if line is not None
    ]
    return f" ({', '.join(places)})" if places else ""


def _describe(operations: Sequence[SeenOperation]) -> str:
    if not operations:
        return ""
    names = ", ".join(it.name for it in operations[:_NAMES_SHOWN])
    rest = len(operations) - _NAMES_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    requests = sum(it.requests for it in operations)
    return f"{_count(len(operations), 'operation')} in {_count(requests, 'request')}: {names}{more}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _invalid_lines(what: str, found: Sequence[InvalidOperation]) -> Iterator[str]:
    for invalid in found:
        operation = invalid.operation
        yield f"operation {operation.name} ({operation.source}) {what}:"
        yield from (f"    {error}" for error in invalid.errors)


def _summary(diff: SchemaDiff) -> str:
    counts = diff.counts()
    summary = ", ".join(f"{counts[severity]} {severity.value}" for severity in Severity)
    if diff.traffic is None:
        return summary
    return (
        f"{summary}; {_count(diff.traffic.operations, 'recorded operation')},"
        f" {len(diff.traffic.broken)} valid no longer"
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
