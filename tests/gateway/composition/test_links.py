"""Links: which names they bring into scope, and what is said when one is wrong."""

from __future__ import annotations

import pytest

from gateway.composition.compose import CompositionResult, SubgraphSource, compose
from tests.support.subgraphs import codes

FEDERATION = "https://specs.apollo.dev/federation"
BODY = "type Query { a: Int }"


def compose_linked(links: str, body: str = BODY) -> CompositionResult:
    return compose([SubgraphSource("a", "http://a", f"extend schema {links}\n{body}")])


@pytest.mark.parametrize(
    ("links", "directive"),
    [
        (f'@link(url: "{FEDERATION}/v2.3", import: ["@inaccessible"])', "inaccessible"),
        (f'@link(url: "{FEDERATION}/v2.3")', "federation__inaccessible"),
        (f'@link(url: "{FEDERATION}/v2.3", as: "f")', "f__inaccessible"),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: [{{name: "@inaccessible", as: "@hide"}}])',
            "hide",
        ),
        (f'@link(url: "{FEDERATION}/v2.14", import: ["@inaccessible"])', "inaccessible"),
        (
            f'@link(url: "{FEDERATION}/v2.0") '
            '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", import: ["@inaccessible"])',
            "inaccessible",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.0") '
            '@link(url: "https://specs.apollo.dev/inaccessible/v0.2")',
            "inaccessible",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.0") '
            '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hide")',
            "hide",
        ),
        (
            '@core(url: "https://specs.apollo.dev/link/v1.0", as: "core") '
            f'@core(url: "{FEDERATION}/v2.3", import: ["@inaccessible"])',
            "inaccessible",
        ),
    ],
)
def test_directive_is_known_under_its_local_name(links: str, directive: str) -> None:
    result = compose_linked(links, f"type Query {{ shown: Int hidden: Int @{directive} }}")

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    assert "specs.apollo.dev/inaccessible/v0.2" in result.supergraph_sdl


def test_own_directive_may_have_the_name_of_one_that_is_not_imported() -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.3")',
        "directive @inaccessible(by: String) on FIELD_DEFINITION\n"
        'type Query { a: Int @inaccessible(by: "stairs only") }',
    )

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    assert "inaccessible" not in result.supergraph_sdl


@pytest.mark.parametrize(
    ("links", "code", "message"),
    [
        ("@link(import: [])", "INVALID_LINK_DIRECTIVE_USAGE", "@link needs a url"),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: ["@keys"])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "Did you mean '\"@key\"'?",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: ["key"])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            'Directives are imported with their "@": "@key".',
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: ["@policy"])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "It exists since v2.6.",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: [{{name: "@tag", as: "tag"}}])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            'a directive keeps its "@"',
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: [{{as: "@tag"}}])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "an import is",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: [3])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "an import is",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: ["@1x"])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "is not a GraphQL name",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: "@key")',
            "INVALID_LINK_DIRECTIVE_USAGE",
            '"import" has to be a list.',
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", as: "a__b")',
            "INVALID_LINK_DIRECTIVE_USAGE",
            '"as" has to be a name',
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3") @link(url: "{FEDERATION}/v2.4")',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "is linked twice",
        ),
        (
            f'@link(url: "{FEDERATION}/v2.3", import: [{{name: "@tag", as: "@x"}}]) '
            '@link(url: "https://example.test/mine/v1.0", import: ["@x"])',
            "INVALID_LINK_DIRECTIVE_USAGE",
            "is imported from both",
        ),
        ('@link(url: "gopher")', "INVALID_LINK_IDENTIFIER", "is not the URL of a specification"),
        (f'@link(url: "{FEDERATION}/v1.0")', "UNKNOWN_FEDERATION_LINK_VERSION", "v2.0 to v2.14"),
        (f'@link(url: "{FEDERATION}/v3.0")', "UNKNOWN_FEDERATION_LINK_VERSION", "v2.0 to v2.14"),
        (f'@link(url: "{FEDERATION}")', "UNKNOWN_FEDERATION_LINK_VERSION", "v2.0 to v2.14"),
        (
            f'@link(url: "{FEDERATION}/v2.3") @link(url: "https://specs.apollo.dev/tag/v9.0")',
            "UNSUPPORTED_LINKED_FEATURE",
            "versions up to v0.3 are",
        ),
    ],
)
def test_wrong_link_is_reported(links: str, code: str, message: str) -> None:
    result = compose_linked(links)

    found = [error for error in result.errors if error.code == code]
    assert found, [str(error) for error in result.errors]
    assert message in found[0].message
    assert found[0].locations


def test_unknown_federation_version_is_the_only_error_of_an_otherwise_sound_subgraph() -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.400", import: ["@key", "@cost"])',
        'type Query { t: T @cost(weight: 3) } type T @key(fields: "id") { id: ID! }',
    )

    assert codes(result) == ["UNKNOWN_FEDERATION_LINK_VERSION"]


def test_link_to_an_unknown_specification_is_nobody_elses_business() -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.3") '
        '@link(url: "https://example.test/some-thing/v3.7", import: ["@some"]) '
        '@link(url: "https://example.test/unversioned")',
        "directive @some on FIELD_DEFINITION\ntype Query { a: Int @some }",
    )

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    assert "@some" not in result.supergraph_sdl
