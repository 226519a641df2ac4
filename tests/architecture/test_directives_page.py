"""The page about directives names every directive that composition knows, with its version and its places."""

from __future__ import annotations

import re
from pathlib import Path

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
        assert "Not enforced by this gateway" in ROWS[name][4]


def test_the_directives_of_graphql_are_all_there() -> None:
    rest = PAGE.partition("## GraphQL itself")[2]

    for directive in specified_directives:
        assert f"`@{directive.name}`" in rest, directive.name
