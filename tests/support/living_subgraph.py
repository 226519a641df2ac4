"""A subgraph over HTTP whose schema changes while it runs, and which answers when the test lets it."""

from __future__ import annotations

import asyncio

from graphql import build_schema, graphql
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

_FEDERATION = """
directive @link(url: String!, import: [String!]) repeatable on SCHEMA
directive @shareable on OBJECT | FIELD_DEFINITION
directive @inaccessible on FIELD_DEFINITION
directive @tag(name: String!) repeatable on FIELD_DEFINITION
"""
_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", '
    'import: ["@shareable", "@tag"])\n'
)


def linked(sdl: str) -> str:
    """An SDL of federation 2."""
    return _LINK + sdl


class LivingSubgraph:
    """Every field of ``Query`` is a text; its value is its name, and the subgraph's when that has one.

    Args:
        sdl: the schema in the beginning.
        name: comes before each value.
    """

    def __init__(self, sdl: str, name: str = "") -> None:
        self.sdl = sdl
        self.name = name
        self.is_silent = False
        """Whether it does not answer when asked for its schema."""

        self.gate = asyncio.Event()
        """Requests for data are answered while it is set."""

        self.gate.set()
        self.asked = asyncio.Event()
        """Set when a request for data has come."""

        self.schema_gate = asyncio.Event()
        self.schema_gate.set()
        self.schema_asked = 0
        self.clients: list[tuple[str, int]] = []
        """Where requests for data came from."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        query = str((await request.json())["query"])
        response = await (
            self._show_schema() if "_service" in query else self._answer(scope, query)
        )
        await response(scope, receive, send)

    async def _show_schema(self) -> Response:
        self.schema_asked += 1
        await self.schema_gate.wait()
        if self.is_silent:
            return Response("I am restarting.", status_code=503)
        return JSONResponse({"data": {"_service": {"sdl": self.sdl}}})

    async def _answer(self, scope: Scope, query: str) -> Response:
        schema = build_schema(self.sdl + _FEDERATION)
        self.clients.append(tuple(scope["client"]))
        self.asked.set()
        await self.gate.wait()
        result = await graphql(
            schema, query, field_resolver=lambda _, info: self.name + info.field_name
        )
        return JSONResponse(result.formatted)
