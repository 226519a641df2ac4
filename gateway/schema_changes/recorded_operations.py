"""Operations as clients were seen to send them.

Two forms: GraphQL documents; JSON lines with ``query`` and, if known, ``operationName``, ``variables``, ``count``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import GraphQLError, OperationDefinitionNode, parse

from gateway.errors import ConfigInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOperation:
    """One operation, sent ``count`` times."""

    query: str
    source: str
    """The file and line it was read from."""

    operation_name: str | None = None
    variables: Mapping[str, object] | None = None
    """``None`` when nobody knows them: any value must then be reckoned with."""

    count: int = 1


def read_documents(text: str, source: str) -> Iterator[RecordedOperation]:
    """Return the operations of a GraphQL document.

    Raises:
        ConfigInvalid: it is no GraphQL.
    """
    try:
        document = parse(text)
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else 1
        raise ConfigInvalid(f"{source}:{line}: {error.message}") from error
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            line = definition.loc.start_token.line if definition.loc else 1
            yield RecordedOperation(
                query=text,
                source=f"{source}:{line}",
                operation_name=definition.name.value if definition.name else None,
            )


def read_json_lines(text: str, source: str) -> Iterator[RecordedOperation]:
    """Return the operations of JSON lines; empty lines do not count.

    Raises:
        ConfigInvalid: a line is no operation.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _read_line(line, f"{source}:{number}")


def _read_line(line: str, source: str) -> RecordedOperation:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigInvalid(f"{source} is not JSON.") from error
    match value:
        case {"query": str(query)}:
            pass
        case _:
            raise ConfigInvalid(f"{source} must be an object with the text of a query.")
    name, variables = value.get("operationName"), value.get("variables")
    count = value.get("count", 1)
    if name is not None and not isinstance(name, str):
        raise ConfigInvalid(f"{source}: operationName must be text.")
    if variables is not None and not isinstance(variables, dict):
        raise ConfigInvalid(f"{source}: variables must be an object.")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ConfigInvalid(f"{source}: count must be a whole number from 1.")
    return RecordedOperation(
        query=query,
        source=source,
        operation_name=name,
        variables=variables,
        count=count,
    )
