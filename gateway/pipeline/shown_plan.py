"""What ``extensions.plan`` of an answer says to those who may see it: the plan, and how its requests went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.execution.result import SubgraphCall
from gateway.query_plan.nodes import QueryPlan
from gateway.query_plan.printer import plan_to_json, print_plan


def show_plan(
    plan: QueryPlan,
    *,
    was_cached: bool,
    calls: Iterable[SubgraphCall] | None = None,
    entities: Mapping[int, int] | None = None,
) -> dict[str, object]:
    """Return ``plan`` as JSON and as text.

    Args:
        plan: the plan.
        was_cached: whether it had been made before.
        calls: the requests that were sent; ``None`` when the plan was not executed.
        entities: by fetch id, how many representations a request asked about; the others ask from a root type.
    """
    shown: dict[str, object] = {
        **plan_to_json(plan),
        "text": print_plan(plan),
        "cached": was_cached,
    }
    if calls is not None:
        shown["requests"] = [
            _show_call(call, (entities or {}).get(call.fetch_id)) for call in calls
        ]
    return shown


def _show_call(call: SubgraphCall, entities: int | None) -> dict[str, object]:
    return {
        "fetch": call.fetch_id,
        "subgraph": call.subgraph,
        "durationMs": round(call.duration_seconds * 1000, 3),
        "status": call.status,
        "entities": entities,
        "requestBytes": call.request_bytes,
        "responseBytes": call.response_bytes,
        "error": call.error_code,
    }
