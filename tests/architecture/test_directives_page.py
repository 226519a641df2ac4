"""The page about directives names every directive that composition knows, with its version and its places."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import specified_directives

from gateway.composition.federation_spec import (
    AUTH_DIRECTIVES,
    DIRECTIVES,
    FEATURES,
    FEDERATION_1_DIRECTIVES,
    NEWEST,
    OLDEST,
    TYPES,
    UNSUPPORTED_FEATURES,
)
from tests.support.subgraphs import compose_all

PAGE = (Path(__file__).parents[2] / "docs" / "directives.md").read_text()
FEDERATION = PAGE.partition("## Federation")[2].partition("## Links")[0]
ROWS = {
    cells[0].strip("`@"): cells
    for line in FEDERATION.splitlines()
    if line.startswith("| `@")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}
EVERYWHERE = {
    "tag": "all but directives; SCHEMA from tag 0.3 on; repeatable",
    "inaccessible": "all but directives and SCHEMA",
}


def test_every_directive_has_a_row_and_no_other_has() -> None:
    assert ROWS.keys() == DIRECTIVES.keys()


def test_rows_say_since_when_and_where() -> None:
    for name, (_, since, where, *_) in ROWS.items():
        spec = DIRECTIVES[name]
        places = sorted(spec.locations.split(" | "))
        assert since == f"{spec.since[0]}.{spec.since[1]}", name
        if name in EVERYWHERE:
            assert where == EVERYWHERE[name]
        else:
            shown, _, repeatable = where.partition("; ")
            assert sorted(shown.split(", ")) == places, name
            assert (repeatable == "repeatable") == spec.repeatable, name


def test_what_outlives_composition_is_said_to() -> None:
    for name, cells in ROWS.items():
        feature = DIRECTIVES[name].feature
        if feature is not None:
            is_joined = FEATURES[feature].is_joined
            assert cells[3] == ("`@join__directive`" if is_joined else "as it is"), name


def test_versions_scalars_and_exceptions_are_named() -> None:
    assert f"v{OLDEST[0]}.{OLDEST[1]} to v{NEWEST[0]}.{NEWEST[1]}" in PAGE
    for name in TYPES:
        assert f"`{name}`" in PAGE
    federation1 = re.search(r"Federation 1 subgraph: it may use (.+?), and is", PAGE, re.DOTALL)
    assert federation1 is not None
    assert set(re.findall(r"`@(\w+)`", federation1[1])) == FEDERATION_1_DIRECTIVES
    for name in UNSUPPORTED_FEATURES:
        assert f"`@{name}`" in PAGE
    for name in AUTH_DIRECTIVES:
        assert "[enforced before planning](authorization.md)" in ROWS[name][4].lower()
    assert "not enforced" not in PAGE.lower()


def test_the_directives_of_graphql_are_all_there() -> None:
    rest = PAGE.partition("## GraphQL itself")[2]

    for directive in specified_directives:
        assert f"`@{directive.name}`" in rest, directive.name


OTHER = 'type A @key(fields: "id") { id: ID! x: Int @shareable }'
EXAMPLES = {
    "key": 'type Query { a: A } type A @key(fields: "id") { id: ID! }',
    "requires": 'type Query { a: A } '
    'type A @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }',
    "provides": 'type Query { a: A @provides(fields: "x") } type A @key(fields: "id") { id: ID! x: Int @external }',
    "external": 'type Query { a: A @provides(fields: "x") } type A @key(fields: "id") { id: ID! x: Int @external }',
    "shareable": 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @shareable }',
    "override": 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @override(from: "other") }',
    "extends": 'type Query { a: A } type A @key(fields: "id") @extends { id: ID! }',
    "tag": 'type Query { a: Int @tag(name: "b") }',
    "inaccessible": "type Query { a: Int b: Int @inaccessible }",
    "composeDirective": (
        'extend schema @link(url: "https://own.test/own/v1.0", import: ["@own"]) @composeDirective(name: "@own")'
        " directive @own on OBJECT type Query @own { a: Int }"
    ),
    "interfaceObject": 'type Query { i: I } type I @key(fields: "id") @interfaceObject { id: ID! z: Int }',
    "authenticated": "type Query { a: Int @authenticated }",
    "requiresScopes": 'type Query { a: Int @requiresScopes(scopes: [["s"]]) }',
    "policy": 'type Query { a: Int @policy(policies: [["p"]]) }',
    "context": 'type Query { c: C } type C @context(name: "n") @key(fields: "id") { id: ID! d: D } '
    'type D @key(fields: "id") { id: ID! e(v: ID @fromContext(field: "$n { id }")): Int }',
    "cost": "type Query { a: Int @cost(weight: 3) }",
    "listSize": "type Query { a: [Int] @listSize(assumedSize: 3) }",
    "cacheTag": 'type Query { a: Int @cacheTag(format: "a") }',
}  # fmt: skip
EXAMPLES["fromContext"] = EXAMPLES["context"]
INTERFACE = (
    'interface I @key(fields: "id") { id: ID! } type B implements I @key(fields: "id") { id: ID! }'
)


@pytest.mark.parametrize("name", DIRECTIVES)
def test_the_supergraph_has_what_the_page_says(name: str) -> None:
    other = INTERFACE if name == "interfaceObject" else OTHER

    result = compose_all(shop=EXAMPLES[name], other=other)

    assert result.supergraph_sdl is not None, result.errors
    used = re.sub(r"^directive .*$", "", result.supergraph_sdl, flags=re.MULTILINE)
    shown = ROWS[name][3].strip("`")
    if match := re.fullmatch(r"(@\w+)\((\w+):\)", shown):
        assert re.search(rf"{match[1]}\([^)]*\b{match[2]}:", used)
    elif shown.startswith("@"):
        assert re.search(rf'{shown}\([^)]*name: "federation__{name}"', used)
    elif shown == "as it is":
        assert f"@{name}" in used
    else:
        assert f"@{name}" not in used
        assert shown == "nothing" or "@own" in used
