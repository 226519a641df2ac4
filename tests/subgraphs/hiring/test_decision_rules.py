from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.hiring.decision_rules import NEWEST, RULES, AttemptFacts, Inputs, Verdict, mean_score
from subgraphs.hiring.states import AttemptState

PASSED, FAILED, EXPIRED, ASSIGNED = (
    AttemptState.PASSED,
    AttemptState.FAILED,
    AttemptState.EXPIRED,
    AttemptState.ASSIGNED,
)


def facts(
    state: AttemptState, score_bps: int | None = None, *, mandatory: bool = True
) -> AttemptFacts:
    return AttemptFacts(
        test_id="t", test_version=1, mandatory=mandatory, state=state, score_bps=score_bps
    )


@pytest.mark.parametrize(
    ("attempts", "verdict"),
    [
        ([facts(PASSED, 8_500)], Verdict.HIRE),
        ([facts(PASSED, 8_499)], Verdict.ASK_MANAGER),
        ([facts(PASSED, 10_000), facts(PASSED, 7_000)], Verdict.HIRE),
        ([facts(PASSED, 10_000), facts(PASSED, 6_999)], Verdict.ASK_MANAGER),
        ([facts(PASSED, 10_000), facts(FAILED, 7_000)], Verdict.REJECT),
        ([facts(PASSED, 10_000), facts(EXPIRED)], Verdict.REJECT),
        ([facts(PASSED, 10_000), facts(ASSIGNED)], Verdict.ASK_MANAGER),
        ([facts(FAILED, 0), facts(ASSIGNED)], Verdict.REJECT),
        ([facts(PASSED, 9_000), facts(FAILED, 8_000, mandatory=False)], Verdict.HIRE),
        ([facts(PASSED, 9_000), facts(FAILED, 7_999, mandatory=False)], Verdict.ASK_MANAGER),
        ([facts(PASSED, 9_000), facts(EXPIRED, mandatory=False)], Verdict.HIRE),
        ([facts(PASSED, 9_000), facts(ASSIGNED, mandatory=False)], Verdict.HIRE),
        ([facts(PASSED, 9_000, mandatory=False)], Verdict.HIRE),
        ([facts(EXPIRED, mandatory=False)], Verdict.ASK_MANAGER),
        ([], Verdict.ASK_MANAGER),
    ],
)
def test_rule_1(attempts: list[AttemptFacts], verdict: Verdict) -> None:
    assert RULES[1](Inputs(attempts=tuple(attempts))) is verdict


@pytest.mark.parametrize(
    ("floor_bps", "verdict"), [(9_500, Verdict.HIRE), (9_501, Verdict.ASK_MANAGER)]
)
def test_a_gate_leaves_those_below_it_to_a_manager(floor_bps: int, verdict: Verdict) -> None:
    inputs = Inputs(attempts=(facts(PASSED, 9_500),), floor_bps=floor_bps)

    assert RULES[1](inputs) is verdict


def test_a_gate_saves_nobody_from_rejection() -> None:
    assert RULES[1](Inputs(attempts=(facts(FAILED, 0),), floor_bps=1)) is Verdict.REJECT


some_facts = st.builds(
    AttemptFacts,
    test_id=st.uuids().map(str),
    test_version=st.integers(1, 9),
    mandatory=st.booleans(),
    state=st.sampled_from(AttemptState),
    score_bps=st.none() | st.integers(0, 10_000),
)
some_inputs = st.builds(
    Inputs,
    attempts=st.lists(some_facts, max_size=5).map(tuple),
    floor_bps=st.none() | st.integers(0, 10_000),
)


@given(some_inputs)
def test_inputs_survive_being_kept(inputs: Inputs) -> None:
    kept = Inputs.from_json(json.loads(json.dumps(inputs.to_json())))

    assert kept == inputs
    assert [rule(kept) for rule in RULES.values()] == [rule(inputs) for rule in RULES.values()]


@given(some_inputs)
def test_nobody_is_hired_who_has_not_passed_what_is_mandatory(inputs: Inputs) -> None:
    if RULES[NEWEST](inputs) is Verdict.HIRE:
        assert all(each.state is PASSED for each in inputs.attempts if each.mandatory)
        assert (mean_score(inputs.attempts) or 0) >= 8_500


def test_a_mean_is_floored_and_leaves_out_what_has_no_score() -> None:
    assert mean_score([facts(PASSED, 1), facts(PASSED, 2), facts(EXPIRED)]) == 1
    assert mean_score([facts(EXPIRED)]) is None
