"""Parses documents. Spec: GraphQL, 2 (Language)."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLError, GraphQLSyntaxError, parse

from gateway.errors import DocumentInvalid, NestingTooDeep, TokenLimitExceeded

from .problems import problem_of


def parse_document(source: str, *, max_tokens: int) -> DocumentNode:
    """Parse a document of at most ``max_tokens`` lexical tokens.

    Raises:
        DocumentInvalid: it is no GraphQL.
        TokenLimitExceeded: it has more tokens.
        NestingTooDeep: it is nested deeper than can be walked.
    """
    try:
        # Comments count as well: they too are tokens.
        document = parse(source, max_lexical_tokens=max_tokens, max_comments=max_tokens)
    except GraphQLSyntaxError as error:
        raise _refusal(error, max_tokens) from error
    except RecursionError as error:
        raise NestingTooDeep("The document is nested too deeply.") from error
    _unlink_tokens(document)
    return document


def _unlink_tokens(document: DocumentNode) -> None:
    """Let go of the tokens that no node begins or ends with, and of the circles that they make.

    The parser leaves each token tied to its neighbours. A cache that drops a document would leave it to the garbage
    collector then, which hardly ever looks among what is that old.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following


def _refusal(
    error: GraphQLError, max_tokens: int
) -> DocumentInvalid | TokenLimitExceeded | NestingTooDeep:
    # Both end in "Parsing aborted", so the rarer one is looked for first.
    if "too deeply" in error.message:
        return NestingTooDeep("The document is nested too deeply.")
    if "Parsing aborted" in error.message:
        return TokenLimitExceeded(f"The document has more than {max_tokens} tokens.")
    return DocumentInvalid(problem_of(error))
