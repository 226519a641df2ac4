"""Rule 1: hire whoever passed every mandatory test with a mean of 85 %; reject whoever did not pass one of them.

What lies between is for a manager. With a gate (``floor_bps``) only those are hired whose mean reaches it, too.
"""

from __future__ import annotations

from subgraphs.hiring.states import AttemptState

from .rule import Inputs, Verdict, mean_score

HIRE_FROM_BPS = 8_500
_NOT_PASSED = frozenset({AttemptState.FAILED, AttemptState.EXPIRED})


def decide(inputs: Inputs) -> Verdict:
    """Return the verdict; integers only."""
    mandatory = [attempt for attempt in inputs.attempts if attempt.mandatory]
    if any(attempt.state in _NOT_PASSED for attempt in mandatory):
        return Verdict.REJECT
    mean = mean_score(inputs.attempts)
    all_passed = all(attempt.state is AttemptState.PASSED for attempt in mandatory)
    if not all_passed or mean is None or mean < HIRE_FROM_BPS:
        return Verdict.ASK_MANAGER
    if inputs.floor_bps is not None and mean < inputs.floor_bps:
        return Verdict.ASK_MANAGER
    return Verdict.HIRE
