"""Writes the explanation of a plan for people, as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from .explanation import Because, FetchReason, FieldReason, PlanExplanation, Purpose


def explanation_to_json(explanation: PlanExplanation) -> list[dict[str, object]]:
    """Write an explanation as JSON values, one object for each fetch."""
    return [
        {
            "id": fetch.id,
            "subgraph": fetch.subgraph,
            "entries": [
                {"path": entry.path, "key": entry.key, "requires": entry.requires}
                for entry in fetch.entries
            ],
            "fields": [_field_json(each) for each in fetch.fields],
        }
        for fetch in explanation.fetches
    ]


def _field_json(field: FieldReason) -> dict[str, object]:
    return {
        "path": field.path,
        "coordinate": field.coordinate,
        "purpose": field.purpose.value,
        "because": field.because.value,
        "requests": field.requests,
        "requires": field.requires,
        "alternatives": [
            {
                "subgraph": each.subgraph,
                "requests": each.requests,
                "obstacle": each.obstacle or None,
            }
            for each in field.alternatives
        ],
    }


def print_explanation(explanation: PlanExplanation) -> str:
    """Write an explanation for people."""
    return "".join(f"{line}\n" for fetch in explanation.fetches for line in _fetch_lines(fetch))


def _fetch_lines(fetch: FetchReason) -> Iterator[str]:
    yield f"Fetch {fetch.id} from {fetch.subgraph}"
    for entry in fetch.entries:
        if entry.key is None:
            yield f"  at the root{f' below {entry.path}' if entry.path else ''}"
        else:
            again = ", once more, with what @requires asks for" if entry.requires else ""
            yield f'  for the objects at {entry.path}, by key "{entry.key}"{again}'
    for field in fetch.fields:
        yield f"    {field.path}  ({field.coordinate}{_purpose(field.purpose)}): {_because(field, fetch)}"
        for each in field.alternatives:
            if each.requests is None:
                yield f"      not {each.subgraph}: {each.obstacle}"
            elif field.because is not Because.ONLY:
                yield f"      not {each.subgraph}: {_count(each.requests)}"


def _purpose(purpose: Purpose) -> str:
    match purpose:
        case Purpose.CLIENT:
            return ""
        case Purpose.KEY:
            return ", a key"
        case Purpose.REQUIRES:
            return ", an input of @requires"


def _because(field: FieldReason, fetch: FetchReason) -> str:
    sent = f'; entered with @requires(fields: "{field.requires}")' if field.requires else ""
    match field.because:
        case Because.ONLY:
            return f"only {fetch.subgraph} has it here{sent}"
        case Because.PROVIDED:
            return f"provided by the field above it{sent}"
        case Because.AT_HAND:
            return f"{fetch.subgraph} is asked about the object anyway{sent}"
        case Because.CHEAPEST:
            return f"the cheapest way, {_count(field.requests)}{sent}"
        case Because.FIRST:
            return f"as cheap as any other way, {_count(field.requests)}{sent}"


def _count(requests: int) -> str:
    if requests == 0:
        return "no more requests"
    return f"{requests} more request{'s' * (requests > 1)}"
