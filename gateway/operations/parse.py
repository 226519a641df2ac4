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
        # Comments count as well: they too are kept in memory.
        return parse(source, max_lexical_tokens=max_tokens, max_comments=max_tokens)
    except GraphQLSyntaxError as error:
        raise _refusal(error, max_tokens) from error
    except RecursionError as error:
        raise NestingTooDeep("The document is nested too deeply.") from error


def _refusal(
    error: GraphQLError, max_tokens: int
) -> DocumentInvalid | TokenLimitExceeded | NestingTooDeep:
    # Both end in "Parsing aborted", so the rarer one is looked for first.
    if "too deeply" in error.message:
        return NestingTooDeep("The document is nested too deeply.")
    if "Parsing aborted" in error.message:
        return TokenLimitExceeded(f"The document has more than {max_tokens} tokens.")
    return DocumentInvalid(problem_of(error))
