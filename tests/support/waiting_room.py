"""A subgraph whose fields wait until they are let go, and which notes who was sent away while waiting."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from graphql import build_schema, graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

SDL = """
type Query {
  wait: Int
  count: Int
}

type Mutation {
  reserve: Int
  note: Int
}
"""


@dataclass
class Room:
    """What goes on."""

    door: asyncio.Event = field(default_factory=asyncio.Event)
    entered: list[str] = field(default_factory=list)
    sent_away: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    async def visit(self, name: str) -> int:
        self.entered.append(name)
        try:
            await self.door.wait()
        except asyncio.CancelledError:
            self.sent_away.append(name)
            raise
        self.done.append(name)
        return len(self.done)


ROOMS: list[Room] = []
"""The last one is that of the app made last."""


def create_room() -> Starlette:
    """The subgraph, with a room of its own."""
    room = Room()
    ROOMS.append(room)
    schema = build_schema(
        SDL + "type _Service { sdl: String! } extend type Query { _service: _Service! }"
    )
    root = {
        "wait": lambda _: room.visit("wait"),
        "reserve": lambda _: room.visit("reserve"),
        "note": lambda _: room.visit("note"),
        "count": 7,
        "_service": {"sdl": SDL},
    }

    async def serve(request: Request) -> JSONResponse:
        body = await request.json()
        result = await graphql(schema, body["query"], root_value=root)
        return JSONResponse(result.formatted)

    return Starlette(routes=[Route("/graphql", serve, methods=["POST"])])
