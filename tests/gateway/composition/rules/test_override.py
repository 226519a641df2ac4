"""Labels of progressive overrides."""

from __future__ import annotations

import json

import pytest

from tests.support.subgraphs import codes, compose_all


def codes_of_label(label: str) -> list[str]:
    override = f'@override(from: "b", label: {json.dumps(label)})'
    return codes(
        compose_all(
            a=f'type Query {{ a: T }} type T @key(fields: "id") {{ id: ID! x: Int {override} }}',
            b='type T @key(fields: "id") { id: ID! x: Int }',
        )
    )


@pytest.mark.parametrize(
    "label",
    ["percent(0)", "percent(100)", "percent(12.5)", "percent(0.12345678)", "a", "v2:x/y.z-_"],
)
def test_label_is_accepted(label: str) -> None:
    assert codes_of_label(label) == []


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
    assert codes_of_label(label) == ["OVERRIDE_LABEL_INVALID"]
