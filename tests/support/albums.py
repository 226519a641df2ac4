"""Two subgraphs that take files, as ASGI apps: albums of pictures, and an archive. They note how they were asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, build_schema, graphql
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'

ALBUMS_SDL = (
    _LINK
    + """
scalar Upload

type Query {
  albumCount: Int
  looksLike(picture: Upload): String
}

type Mutation {
  addPicture(picture: Upload!, title: String): Picture
  addPictures(pictures: [PictureInput!]!): [String!]!
  rename(title: String): String
}

input PictureInput {
  file: Upload!
  caption: String
}

type Picture @key(fields: "id") {
  id: ID!
  content: String
}
"""
)

ARCHIVE_SDL = (
    _LINK
    + """
scalar Upload

type Query {
  archived: Int
}

type Mutation {
  archive(file: Upload!): String
}

type Picture @key(fields: "id") {
  id: ID!
  views: Int
  equals(file: Upload): String
}
"""
)

_FEDERATION = """
directive @link(url: String!, import: [String!]) repeatable on SCHEMA
directive @key(fields: String!) repeatable on OBJECT
scalar _Any
union _Entity = Picture
type _Service { sdl: String! }
extend type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
"""


@dataclass
class Asked:
    """One request to a subgraph."""

    subgraph: str
    query: str
    file_map: Mapping[str, list[str]] | None
    """``None`` when it came as JSON."""

    files: Mapping[str, tuple[str | None, str | None, int]] = field(default_factory=dict)
    """Name, content type and size, by the file's field."""


ASKED: list[Asked] = []
"""What the subgraphs of this process have been asked; cleared by whoever wants to look."""


def create_albums() -> Starlette:
    """The albums subgraph."""

    async def add_picture(
        _: object, *, picture: UploadFile, title: str | None = None
    ) -> dict[str, Any]:
        del title
        return {"__typename": "Picture", "id": "7", "content": await _text(picture)}

    async def add_pictures(_: object, *, pictures: Sequence[Mapping[str, Any]]) -> list[str]:
        return [f"{one.get('caption')}: {await _text(one['file'])}" for one in pictures]

    return _subgraph(
        "albums",
        ALBUMS_SDL,
        {
            "albumCount": 2,
            "looksLike": "a cat",
            "addPicture": add_picture,
            "addPictures": add_pictures,
            "rename": lambda _, title=None: title,
            "_entities": lambda _, representations: [
                {"__typename": "Picture", "id": one["id"]} for one in representations
            ],
        },
    )


def create_archive() -> Starlette:
    """The archive subgraph."""

    async def archive(_: object, *, file: UploadFile) -> str:
        return f"archived {await _text(file)}"

    async def equals(_: object, *, file: UploadFile | None = None) -> str:
        return "nothing" if file is None else await _text(file)

    return _subgraph(
        "archive",
        ARCHIVE_SDL,
        {
            "archived": 3,
            "archive": archive,
            "_entities": lambda _, representations: [
                {"__typename": "Picture", "id": one["id"], "views": 12, "equals": equals}
                for one in representations
            ],
        },
    )


async def _text(file: UploadFile) -> str:
    """What is in a file, in short."""
    content = await file.read()
    return content.decode() if len(content) < 100 else f"{len(content)} bytes"


def _subgraph(name: str, sdl: str, root: dict[str, Any]) -> Starlette:
    schema: GraphQLSchema = build_schema(sdl + _FEDERATION)
    root = {**root, "_service": {"sdl": sdl}}

    async def serve(request: Request) -> JSONResponse:
        if not request.headers["content-type"].startswith("multipart/"):
            body = await request.json()
            ASKED.append(Asked(name, body["query"], None))
            return JSONResponse(await _run(schema, root, body))
        async with request.form() as form:
            body = json.loads(str(form["operations"]))
            file_map = json.loads(str(form["map"]))
            asked = Asked(name, body["query"], file_map)
            for key, paths in file_map.items():
                file = form[key]
                assert isinstance(file, UploadFile)
                asked.files = {
                    **asked.files,
                    key: (file.filename, file.content_type, file.size or 0),
                }
                for path in paths:
                    _put(body, path.split("."), file)
            ASKED.append(asked)
            return JSONResponse(await _run(schema, root, body))

    return Starlette(routes=[Route("/graphql", serve, methods=["POST"])])


async def _run(schema: GraphQLSchema, root: object, body: Mapping[str, Any]) -> Any:
    result = await graphql(
        schema, body["query"], root_value=root, variable_values=body.get("variables")
    )
    return result.formatted


def _put(holder: Any, steps: list[str], file: UploadFile) -> None:
    for step in steps[:-1]:
        holder = holder[int(step) if isinstance(holder, list) else step]
    key = int(steps[-1]) if isinstance(holder, list) else steps[-1]
    assert holder[key] is None, "The place of a file holds null."
    holder[key] = file
