"""SDL text → tokens, several times faster than graphql-core, which looks at every character by itself.

Names, punctuation and strings without escapes are most of any schema, and one regular expression tells them apart.
Whatever else there is (numbers, escapes, mistakes) graphql-core reads, token by token, so that there is one account of
what is GraphQL. Comments are left out. Spec: GraphQL, 2.1 (Source Text).
"""

from __future__ import annotations

import re

from graphql import Lexer, Source, Token, TokenKind
from graphql.language.block_string import dedent_block_string_lines

# What is ignored, which may be nothing, and the token after it unless that is a rare one: it matches anywhere.
_match_at = re.compile(
    r"""
    (?: [ \t,\n\ufeff]++ | \r\n | \#[^\r\n]*+ )*+
    (?:
        ( [A-Za-z_] [0-9A-Za-z_]*+ )
      | ( [!$&():=@\[\]{|}] )
      | ( \"{3} (?: [^"\\\r\ud800-\udfff] | "{1,2} (?!") )*+ \"{3}
        | " (?!"") [^"\\\r\n\ud800-\udfff]*+ "
        )
    )?+
    """,
    re.VERBOSE,
).match
_NAME, _PUNCTUATOR = 1, 2
_KINDS = {kind.value: kind for kind in TokenKind}


def read_tokens(source: Source) -> list[Token]:
    """Return the tokens of a document, in order; the last one is its end.

    Raises:
        GraphQLSyntaxError: something is no token.
    """
    body = source.body
    rare = Lexer(source)
    line, line_start, position = 1, 0, 0
    tokens: list[Token] = []
    while (match := _match_at(body, position)) is not None:
        group = match.lastindex
        start = match.end() if group is None else match.start(group)
        if skipped := body.count("\n", position, start):
            line += skipped
            line_start = body.rindex("\n", position, start) + 1
        column = start - line_start + 1
        position = match.end()
        if group is None:
            rare.line, rare.line_start = line, line_start
            token = rare.read_next_token(position)
            line, line_start, position = rare.line, rare.line_start, token.end
        elif group == _NAME:
            token = Token(TokenKind.NAME, start, position, line, column, match[group])
        elif group == _PUNCTUATOR:
            token = Token(_KINDS[match[group]], start, position, line, column)
        else:
            text = match[group]
            kind, value = _read_string(text)
            token = Token(kind, start, position, line, column, value)
            if held := text.count("\n"):
                line += held
                line_start = start + text.rindex("\n") + 1
        if token.kind is not TokenKind.COMMENT:
            tokens.append(token)
        if token.kind is TokenKind.EOF:
            break
    return tokens


def read_shared_tokens(source: Source) -> list[Token]:
    """Return the same tokens without their places: equal ones are one object.

    Raises:
        GraphQLSyntaxError: something is no token.
    """
    body = source.body
    rare = Lexer(source)
    position = 0
    known: dict[str, Token] = {}
    tokens: list[Token] = []
    while (match := _match_at(body, position)) is not None:
        position = match.end()
        group = match.lastindex
        if group is None:
            token = rare.read_next_token(position)
            position = token.end
            if token.kind is not TokenKind.COMMENT:
                tokens.append(token)
            if token.kind is TokenKind.EOF:
                break
            continue
        text = match[group]
        shared = known.get(text)
        if shared is None:
            shared = known[text] = _unplaced(group, text)
        tokens.append(shared)
    return tokens


def _unplaced(group: int, text: str) -> Token:
    if group == _NAME:
        return Token(TokenKind.NAME, 0, 0, 0, 0, text)
    if group == _PUNCTUATOR:
        return Token(_KINDS[text], 0, 0, 0, 0)
    kind, value = _read_string(text)
    return Token(kind, 0, 0, 0, 0, value)


def _read_string(text: str) -> tuple[TokenKind, str]:
    if text.startswith('"""'):
        lines = dedent_block_string_lines(text[3:-3].split("\n"))
        return TokenKind.BLOCK_STRING, "\n".join(lines)
    return TokenKind.STRING, text[1:-1]
