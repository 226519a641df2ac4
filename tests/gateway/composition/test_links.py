"""Links: which names they bring into scope, and what is said when one is wrong."""

from __future__ import annotations

import pytest

from gateway.composition.compose import CompositionResult, SubgraphSource, compose
from gateway.supergraph.loader import load_supergraph
from tests.support.subgraphs import codes, hint_codes

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


SPECS = "https://specs.apollo.dev"


def test_context_can_be_linked_on_its_own() -> None:
    """So a subgraph of an older federation version may use it; the whole is composed as the version that has it."""
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.5", import: ["@key"])'
        f' @link(url: "{SPECS}/context/v0.1", import: ["@context", "@fromContext"])',
        """type Query { t: T } type T @context(name: "c") { x: String u: U }
        type U @key(fields: "id") { id: ID! f(a: String @fromContext(field: "$c { x }")): Int }""",
    )

    assert codes(result) == []
    assert hint_codes(result) == ["IMPLICITLY_UPGRADED_FEDERATION_VERSION"]
    assert result.supergraph_sdl is not None
    assert "join/v0.5" in result.supergraph_sdl
    assert 'context: "a__c"' in result.supergraph_sdl


def test_context_can_be_renamed() -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.8", import: ["@key", {{name: "@context", as: "@scope"}}])',
        """type Query { t: T } type T @scope(name: "c") { x: String u: U }
        type U @key(fields: "id") {
          id: ID! f(a: String @federation__fromContext(field: "$c { x }")): Int }""",
    )

    assert codes(result) == []
    assert result.supergraph_sdl is not None
    assert 'import: [{name: "@context", as: "@scope"}]' in result.supergraph_sdl
    assert '@scope(name: "a__c")' in result.supergraph_sdl
    assert load_supergraph(result.supergraph_sdl).context_values


@pytest.mark.parametrize(
    ("link", "use"),
    [
        ('import: ["@connect"]', "@connect"),
        ('import: [{name: "@connect", as: "@rest"}]', "@rest"),
        ('as: "rest"', "@rest__connect"),
        ("", "@connect"),
    ],
)
def test_connectors_are_refused_once_and_for_all_uses(link: str, use: str) -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.10")'
        f' @link(url: "{SPECS}/connect/v0.2"{", " if link else ""}{link})',
        f'type Query {{ a: Int {use}(http: {{ GET: "/a" }}) b: Int {use}(http: {{ GET: "/b" }}) }}',
    )

    assert [e.code for e in result.errors] == ["UNSUPPORTED_FEATURE"]


@pytest.mark.parametrize("version", ["v2.15", "v2.999", "v3.0", "v1.0"])
def test_unknown_federation_is_taken_for_the_newest_so_that_the_rest_is_checked(
    version: str,
) -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/{version}", import: ["@key", "@cacheTag"])',
        'type Query { a: Int @cacheTag(format: "{") }',
    )

    assert [e.code for e in result.errors] == [
        "UNKNOWN_FEDERATION_LINK_VERSION",
        "CACHE_TAG_INVALID_FORMAT",
    ]


@pytest.mark.parametrize("minor", range(15))
def test_every_known_federation_version_composes(minor: int) -> None:
    result = compose_linked(f'@link(url: "{FEDERATION}/v2.{minor}", import: ["@key"])')

    join = "v0.5" if minor >= 8 else "v0.4" if minor >= 7 else "v0.3"
    assert codes(result) == []
    assert f"join/{join}" in (result.supergraph_sdl or "")


@pytest.mark.parametrize(
    "definition",
    [
        "extend scalar ID @inaccessible",
        "scalar federation__FieldSet @inaccessible",
        "directive @key(fields: federation__FieldSet! @inaccessible, resolvable: Boolean) repeatable on OBJECT",
        "scalar _Any @inaccessible",
        "type _Service @inaccessible { sdl: String }",
        "extend type Query { _service: _Service! @inaccessible } type _Service { sdl: String }",
    ],
)
def test_what_belongs_to_graphql_or_a_specification_cannot_be_hidden(definition: str) -> None:
    result = compose_linked(
        f'@link(url: "{FEDERATION}/v2.3", import: ["@key", "@inaccessible"])',
        f"{BODY} {definition}",
    )

    assert codes(result) == ["DISALLOWED_INACCESSIBLE"]
