"""Writes the explanation of a plan for people, as text or as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from .explanation import (
    Alternative,
    Because,
    FetchReason,
    FieldReason,
    Outcome,
    PlanExplanation,
    Purpose,
)


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
        "requires": field.requires,
        "alternatives": [
            {
                "subgraph": each.subgraph,
                "outcome": each.outcome.value,
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
            yield f"      not {each.subgraph}: {_outcome(each)}"


def _purpose(purpose: Purpose) -> str:
    match purpose:
        case Purpose.CLIENT:
            return ""
        case Purpose.KEY:
            return ", a key"
        case Purpose.REQUIRES:
            return ", an input of @requires"
        case Purpose.CONTEXT:
            return ", the value of a context"


def _because(field: FieldReason, fetch: FetchReason) -> str:
    sent = f'; entered with @requires(fields: "{field.requires}")' if field.requires else ""
    match field.because:
        case Because.ONLY:
            return f"only {fetch.subgraph} can serve it here{sent}"
        case Because.PROVIDED:
            return f"provided by the field above it{sent}"
        case Because.AT_HAND:
            return f"{fetch.subgraph} is asked anyway{sent}"
        case Because.CHEAPEST:
            return f"the fewest requests{sent}"
        case Because.NO_WORSE:
            return f"no other way is better{sent}"
        case Because.BEST_FOUND:
            return f"the best way that planning found{sent}"


_OUTCOMES = {
    Outcome.NOT_FOUND: "no plan was found with it",
    Outcome.UNKNOWN: "not tried, the operation is too large",
    Outcome.LATER: "as many requests, and some of the answer would come later",
    Outcome.MORE_CALLS: "as many requests, with more entities to look up",
    Outcome.LARGER: "as many requests, with more fields in them",
    Outcome.AS_GOOD: "it would do as well",
    Outcome.BETTER: "as many requests, and the plan would be better, which planning did not find",
}


def _outcome(alternative: Alternative) -> str:
    if alternative.requests is None or alternative.requests == 0:
        return alternative.obstacle or _OUTCOMES[alternative.outcome]
    requests = abs(alternative.requests)
    noun = "request" if requests == 1 else "requests"
    if alternative.requests > 0:
        return f"the plan would take {requests} more {noun}"
    return f"the plan would take {requests} {noun} less, which planning did not find"
