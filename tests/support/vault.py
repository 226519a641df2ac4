"""Two subgraphs with protected fields, in this process: what they were asked is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from graphql import ExecutionResult, build_schema, graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external",'
    ' "@requires", "@shareable", "@authenticated", "@requiresScopes", "@policy"])\n'
)

PEOPLE_SDL = (
    _LINK
    + """
type Query {
  me: Person
  people: [Person!]
  found: [Found]
  strict: [Found!]
  audit: Audit
  open: String
}

type Mutation {
  rename(name: String!): Person
  erase: Boolean @requiresScopes(scopes: [["people:write", "people:erase"], ["root"]])
}

type Person @key(fields: "id") {
  id: ID!
  name: String
  email: String @authenticated
  salary: Int! @requiresScopes(scopes: [["people:salary"]])
  grade: Grade
  region: String @authenticated
}

enum Grade @policy(policies: [["managers"], ["auditors", "inside"]]) { JUNIOR SENIOR }

interface Found { id: ID! title: String }
type Note implements Found { id: ID! title: String }
type Memo implements Found @requiresScopes(scopes: [["memos"]]) { id: ID! title: String text: String }
type Audit @authenticated { entries: [String!] }
"""
)
SHIPPING_SDL = (
    _LINK
    + """
type Person @key(fields: "id") {
  id: ID!
  region: String @external
  postage: Int @requires(fields: "region") @authenticated
  parcels: Int
}
"""
)
_PEOPLE = [
    {"id": "1", "name": "Ada", "email": "ada@x.test", "salary": 10, "grade": "SENIOR", "region": "N"},
    {"id": "2", "name": "Ben", "email": "ben@x.test", "salary": 20, "grade": "JUNIOR", "region": "S"},
]  # fmt: skip
_FOUND = [
    {"__typename": "Note", "id": "n1", "title": "A note"},
    {"__typename": "Memo", "id": "m1", "title": "A memo", "text": "psst"},
    {"__typename": "Note", "id": "n2", "title": "Another"},
]
_ROOT: dict[str, Any] = {
    "me": _PEOPLE[0],
    "people": _PEOPLE,
    "found": _FOUND,
    "strict": _FOUND,
    "audit": {"entries": ["in", "out"]},
    "open": "hello",
    "rename": lambda _info, name: {**_PEOPLE[0], "name": name},
    "erase": lambda _info: True,
}

asked: list[str] = []
"""The operations that arrived, in their order."""


def create_people() -> Starlette:
    """The subgraph of people."""
    return _app(PEOPLE_SDL, _ROOT, lambda each: _PEOPLE[int(str(each["id"])) - 1])


def create_shipping() -> Starlette:
    """The subgraph of what is sent to them."""
    return _app(SHIPPING_SDL, {}, _ship)


def _ship(representation: Mapping[str, Any]) -> dict[str, Any]:
    region = representation.get("region")
    return {"id": representation["id"], "postage": {"N": 3, "S": 5}.get(str(region)), "parcels": 2}


def _app(
    sdl: str, root: Mapping[str, Any], find: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Starlette:
    machinery = "scalar _Any type _Service { sdl: String! } union _Entity = Person "
    extra = "_service: _Service! _entities(representations: [_Any!]!): [_Entity]!"
    body = sdl.removeprefix(_LINK)
    body += f"{'extend ' if 'type Query' in body else ''}type Query {{ {extra} }}"
    schema = build_schema(machinery + body, assume_valid=True, assume_valid_sdl=True)

    def entities(_info: object, representations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**find(each), "__typename": "Person"} for each in representations]

    async def answer(request: Request) -> JSONResponse:
        payload = json.loads(await request.body())
        if "_service" not in payload["query"]:
            asked.append(payload["query"])
        result = await graphql(
            schema,
            payload["query"],
            {**root, "_service": {"sdl": sdl}, "_entities": entities},
            variable_values=payload.get("variables"),
        )
        assert isinstance(result, ExecutionResult)
        return JSONResponse(result.formatted, headers={"cache-control": "max-age=60, public"})

    return Starlette(routes=[Route("/graphql", answer, methods=["POST"])])
