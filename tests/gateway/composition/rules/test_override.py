"""Labels of progressive overrides."""

from __future__ import annotations

import json

import pytest

from gateway.composition.compose import SubgraphSource, compose
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


@pytest.mark.parametrize(("version", "expected"), [("v2.6", ["INVALID_GRAPHQL"]), ("v2.7", [])])
def test_labels_are_there_since_federation_2_7(version: str, expected: list[str]) -> None:
    link = f'extend schema @link(url: "https://specs.apollo.dev/federation/{version}", import: ["@key", "@override"])'

    result = compose(
        [
            SubgraphSource(
                "a",
                "http://a.test",
                f"""{link}
                type Query {{ a: T }}
                type T @key(fields: "id") {{ id: ID! x: Int @override(from: "b", label: "percent(5)") }}""",
            ),
            SubgraphSource(
                "b", "http://b.test", f'{link} type T @key(fields: "id") {{ id: ID! x: Int }}'
            ),
        ]
    )

    assert codes(result) == expected


@pytest.mark.parametrize("source", ["b", "nobody"])
def test_label_of_an_override_that_takes_nothing_does_not_count(source: str) -> None:
    """The last step of a migration: the old subgraph has lost the field, the override is still there."""
    result = compose_all(
        a=f"""type Query {{ a: T }}
              type T @key(fields: "id") {{ id: ID! x: Int @override(from: "{source}", label: "percent(5)") }}""",
        b='type Query { b: T } type T @key(fields: "id") { id: ID! }',
    )

    assert codes(result) == []
    assert 'overrideLabel: "' not in (result.supergraph_sdl or "")
