"""Labels of progressive overrides."""

from __future__ import annotations

import pytest

from gateway.composition.rules.override import is_valid_label


@pytest.mark.parametrize(
    "label",
    ["percent(0)", "percent(100)", "percent(12.5)", "percent(0.12345678)", "a", "v2:x/y.z-_"],
)
def test_label_is_accepted(label: str) -> None:
    assert is_valid_label(label)


@pytest.mark.parametrize(
    "label",
    [
        "",
        "percent(101)",
        "percent(-1)",
        "percent(1.123456789)",
        "percent()",
        "percent(x)",
        "1a",
        "a b",
    ],
)
def test_label_is_refused(label: str) -> None:
    assert not is_valid_label(label)
