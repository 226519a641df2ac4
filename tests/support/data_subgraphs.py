"""Federation subgraphs made of SDL and plain data: ASGI apps on graphql-core, for tests that need real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLSchema,
    build_schema,
    execute,
    parse,
    validate,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Resolve = Callable[[dict[str, Any]], dict[str, Any] | None]
"""From a representation to the entity, with ``__typename`` when its type is not the representation's."""


class Subgraph:
    """One subgraph.

    Args:
        name: what the supergraph calls it.
        sdl: without the federation machinery.
        root: values or functions ``(info, **arguments)`` of root fields; objects may hold functions, too.
        entities: how to find entities, by type.
    """

    def __init__(
        self,
        name: str,
        sdl: str,
        root: Mapping[str, Any],
        entities: Mapping[str, Resolve] | None = None,
    ) -> None:
        self.name = name
        self.sdl = sdl
        self.operations: list[str] = []
        self._entities = entities or {}
        self._schema = self._with_machinery()
        self._root = {**root, "_entities": self._resolve_entities}
        self.app = Starlette(routes=[Route("/graphql", self._answer, methods=["POST"])])

    def execute(self, operation: str, variables: dict[str, Any] | None = None) -> ExecutionResult:
        """Execute an operation, once it is found valid: planners are to send nothing else."""
        self.operations.append(operation)
        document = parse(operation)
        if errors := validate(self._schema, document):
            return ExecutionResult(None, errors)
        result = execute(self._schema, document, self._root, variable_values=variables)
        assert isinstance(result, ExecutionResult)
        return result

    async def _answer(self, request: Request) -> JSONResponse:
        payload = await request.json()
        result = self.execute(payload["query"], payload.get("variables"))
        return JSONResponse(result.formatted)

    def _resolve_entities(self, _: Any, representations: list[dict[str, Any]]) -> list[Any]:
        found = []
        for representation in representations:
            typename = representation["__typename"]
            entity = self._entities[typename](representation)
            found.append(None if entity is None else {"__typename": typename, **entity})
        return found

    def _with_machinery(self) -> GraphQLSchema:
        base = build_schema(self.sdl, assume_valid=True, assume_valid_sdl=True)
        names = [name for name in self._entities if _is_object(base, name)]
        has_query = "type Query" in self.sdl
        machinery = "scalar _Any\n"
        if names:
            field = "_entities(representations: [_Any!]!): [_Entity]!"
            machinery += f"union _Entity = {' | '.join(names)}\n"
            machinery += f"{'extend ' if has_query else ''}type Query {{ {field} }}\n"
        return build_schema(f"{self.sdl}\n{machinery}", assume_valid=True, assume_valid_sdl=True)


def _is_object(schema: GraphQLSchema, name: str) -> bool:
    return type(schema.type_map.get(name)).__name__ == "GraphQLObjectType"
