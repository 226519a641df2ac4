from __future__ import annotations

from datetime import timedelta

import pytest

from shared.settings import SettingsInvalid, load_settings
from subgraphs.hiring.settings import (
    ApplySettings,
    DecisionSettings,
    HiringSettings,
    read_hiring_settings,
)


def read(**variables: str) -> HiringSettings:
    environment = {f"CATTERY_HIRING_{name}": value for name, value in variables.items()}
    return read_hiring_settings(
        load_settings("hiring", {"CATTERY_ACCOUNTS_URL": "app://a", **environment})
    )


def test_nothing_needs_to_be_set() -> None:
    assert read() == HiringSettings()
    assert (read().apply.proof_bits, read().decision.rule_version) == (20, 1)


def test_everything_can_be_set() -> None:
    found = read(
        DEMO="yes",
        PROOF_BITS="0",
        PROOF_MINUTES="5",
        APPLY_BURST="1",
        APPLY_PER_MINUTE="2",
        APPLY_TOTAL_BURST="3",
        APPLY_TOTAL_PER_SECOND="4",
        APPLY_AT_ONCE="5",
        APPLY_WAITING="0",
        RULE_VERSION="1",
        TOP_BPS="300",
    )

    assert found == HiringSettings(
        demo=True,
        apply=ApplySettings(
            proof_bits=0,
            proof_lifetime=timedelta(minutes=5),
            burst=1,
            per_minute=2,
            total_burst=3,
            total_per_second=4,
            at_once=5,
            waiting=0,
        ),
        decision=DecisionSettings(rule_version=1, top_bps=300),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROOF_BITS", "65"),
        ("PROOF_BITS", "-1"),
        ("APPLY_BURST", "0"),
        ("APPLY_BURST", "many"),
        ("RULE_VERSION", "99"),
        ("TOP_BPS", "0"),
        ("TOP_BPS", "10001"),
        ("DEMO", "maybe"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"CATTERY_HIRING_{name}"):
        read(**{name: value})
