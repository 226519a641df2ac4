"""An answer of one subgraph that is handed to the client as it came, to the byte, once it has been looked through.

That can be where a plan has one fetch that asks for what the client asked for and nothing else: same keys, same order.
What the subgraph says is not taken for it: each answer is checked, and one that is not what the projection would have
made of it is projected. Spec: GraphQL, 6.4.3 (Value Completion).
"""

from __future__ import annotations

from gateway.query_plan.nodes import ObjectProjection, QueryPlan

from .likeness import Trial, is_selected_alike
from .likeness_source import CompiledCheck, compile_check
from .result import JsonObject
from .written_keys import Written


class Relay:
    """What is known of the answers to one plan."""

    def __init__(self, projection: ObjectProjection) -> None:
        self._projection = projection
        self._check: CompiledCheck | None = None
        # As with projections, nothing is compiled for what comes but once.
        self._trial = Trial(unseen=1)

    def accepts(self, data: JsonObject, text: bytes) -> bool:
        """Whether ``text``, a response that holds ``data`` and nothing else, can be the client's response."""
        if not self._trial.is_due():
            return False
        if self._check is None:
            self._check = compile_check(self._projection)
        is_alike = _is_alike(self._check, data, text)
        self._trial.note(has_paid=is_alike)
        return is_alike


def find_relay(plan: QueryPlan, written: Written | None) -> Relay | None:
    """Return what looks through the answers to ``plan``; ``None`` where they are never the client's.

    Args:
        plan: any.
        written: what its first fetch writes at a root type.
    """
    if len(plan.fetches) != 1 or plan.fetches[0].path or written is None:
        return None
    if plan.deferral is not None or plan.denied or plan.introspection is not None:
        return None
    return Relay(plan.projection) if is_selected_alike(plan.projection, written.keys) else None


def _is_alike(check: CompiledCheck, data: JsonObject, text: bytes) -> bool:
    try:
        keys = check(data)
    except Exception:  # noqa: BLE001 - whatever the check trips over, the projection looks at properly
        return False
    # A colon follows every key, and one more stands behind "data". There are others where a key is in there twice, of
    # which some readers take the first and some the last; and where a string holds the like, which is no loss.
    return text.startswith(b'{"data":') and text.count(b'":') == keys + 1
