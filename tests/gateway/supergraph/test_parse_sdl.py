"""SDL is read as graphql-core reads it, with the same places and the same refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    GraphQLSyntaxError,
    Lexer,
    ObjectTypeDefinitionNode,
    Source,
    Token,
    TokenKind,
    parse,
)
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.supergraph.parse_sdl import parse_sdl
from gateway.supergraph.sdl_tokens import read_shared_tokens, read_tokens

FIXTURES = sorted(Path(__file__).parents[2].joinpath("fixtures").rglob("*.graphql"))

PIECES = st.sampled_from(
    [
        *('"', '""', '"""', '\\"', '\\"""', "\\", "\\u00e9", "\\u{1f431}", "\\n", "\\x"),
        *("\n", "\r", "\r\n", " ", "\t", ",", "\ufeff", "#", "# note\n", "\x00", "\x7f", "\u2028"),
        *("a", "_b1", "é", "🐈", "\ud83d", "\ude00", "0", "1", "-2", "007", "1.5", "2e3", "."),
        *("...", "!", "$", "&", "(", ")", ":", "=", "@", "[", "]", "{", "|", "}", "'", "?"),
        *("type", "enum", "input", "extend", "directive", "on", "repeatable", "implements"),
    ]
)
SDL_PIECES = st.sampled_from(
    [
        *("type T", "extend type T", "interface I", "input I", "enum E", "union U =", "scalar S"),
        *("schema", "directive @d", "on", "FIELD", "|", "implements", "&", "{", "}", "(", ")", ":"),
        *("a", "b: Int", "c: [Int!]!", "d(x: Int = 5): T", "@d", '@d(a: "x", b: [1, {c: V}])', "="),
        *(
            '"described"',
            '"""\n  in a\n    block\n"""',
            '"escaped \\" \\u00e9"',
            "query { a }",
            "V",
        ),
        *("# aside\n", "\n", "\r\n", "\r", ",", "true", "null", "-1.5e3", "fragment F on T { a }"),
    ]
)


def _told(read: object, text: str) -> object:
    """What comes of a text: what ``read`` returns, or what it says."""
    assert callable(read)
    try:
        return read(text)
    except GraphQLSyntaxError as error:
        return error.message, error.positions, error.locations


def _of_graphql_core(text: str) -> list[Token]:
    lexer = Lexer(Source(text))
    tokens = [lexer.advance()]
    while tokens[-1].kind is not TokenKind.EOF:
        tokens.append(lexer.advance())
    return tokens


def _tokens(text: str) -> list[Token]:
    return read_tokens(Source(text))


def _shared(text: str) -> list[tuple[TokenKind, str | None]]:
    return [(token.kind, token.value) for token in read_shared_tokens(Source(text))]


def _in_full(document: DocumentNode) -> object:
    return document.to_dict(locations=True)


@given(st.lists(PIECES, max_size=12).map("".join))
@example('"""a""""')
@example('""""""')
@example('"" ""')
@example('"""\r\na\n  b\r"""c')
@example("a\r\n\r\nb # c\r\nd")
def test_tokens_are_those_of_graphql_core(text: str) -> None:
    assert _told(_tokens, text) == _told(_of_graphql_core, text)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_shared_tokens_are_the_same_without_places(text: str) -> None:
    expected = _told(_of_graphql_core, text)

    found = _told(_shared, text)

    if isinstance(expected, list):
        assert found == [(token.kind, token.value) for token in expected]
    else:
        assert not isinstance(found, list)


@given(st.lists(SDL_PIECES, max_size=14).map(" ".join))
def test_documents_are_those_of_graphql_core(text: str) -> None:
    def read(sdl: str) -> object:
        return _in_full(parse_sdl(sdl))

    assert _told(read, text) == _told(lambda sdl: _in_full(parse(sdl)), text)


@given(st.lists(SDL_PIECES, max_size=14).map(" ".join))
def test_documents_without_places_are_those_of_graphql_core(text: str) -> None:
    def read(sdl: str) -> DocumentNode:
        return parse_sdl(sdl, no_location=True)

    assert _told(read, text) == _told(lambda sdl: parse(sdl, no_location=True), text)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixtures_are_read_like_that(path: Path) -> None:
    sdl = path.read_text(encoding="utf-8")

    assert _in_full(parse_sdl(sdl)) == _in_full(parse(sdl))
    assert parse_sdl(sdl, no_location=True) == parse(sdl, no_location=True)


def test_places_are_lines_and_columns() -> None:
    document = parse_sdl('type A { a: Int }\r\n# aside\n\n"""\nof B\n""" type B {\n  b: Int }')

    second = document.definitions[1]
    assert isinstance(second, ObjectTypeDefinitionNode)
    assert second.loc is not None
    assert (second.loc.start_token.line, second.loc.start_token.column) == (4, 1)
    field = (second.fields or ())[0]
    assert field.loc is not None
    assert (field.loc.start_token.line, field.loc.start_token.column) == (7, 3)


@pytest.mark.parametrize("no_location", [False, True])
def test_deep_nesting_is_refused(no_location: bool) -> None:
    with pytest.raises(GraphQLSyntaxError, match="nested too deeply"):
        parse_sdl("type T { a: " + "[" * 10_000 + "Int", no_location=no_location)


def test_equal_names_are_one_node_where_places_do_not_matter() -> None:
    first, second = parse_sdl("type A { a: B } type B { a: B }", no_location=True).definitions

    assert isinstance(first, ObjectTypeDefinitionNode)
    assert isinstance(second, ObjectTypeDefinitionNode)
    assert first.fields is not None
    assert second.fields is not None
    assert first.fields[0].name is second.fields[0].name
    assert first.fields[0].type is second.fields[0].type
