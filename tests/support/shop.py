"""Two small subgraphs, as ASGI apps for one process, or one process each: products, and reviews of them.

Run one by itself with: ``python -m tests.support.shop PORT products``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Any

import uvicorn
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, build_schema, graphql
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'

PRODUCTS_SDL = (
    _LINK
    + """
type Query {
  products(first: Int = 3, filter: ProductFilter): [Product!]
  product(id: ID!): Product
  slow(milliseconds: Int!): Int
  forbidden: String
  requestHeaders: [String!]!
}

type Mutation {
  rename(id: ID!, name: String!): Product
}

type Subscription {
  renamed: Product
}

input ProductFilter {
  name: String
  tags: [[String!]!]
  and: ProductFilter
}

type Product @key(fields: "id") {
  id: ID!
  name: String
  related: [Product!]
}
"""
)

REVIEWS_SDL = (
    _LINK
    + """
type Query {
  reviewCount: Int
}

type Product @key(fields: "id") {
  id: ID!
  reviews: [Review!]
}

type Review {
  text: String
}
"""
)

_FEDERATION = """
directive @link(url: String!, import: [String!]) repeatable on SCHEMA
directive @key(fields: String!) repeatable on OBJECT
scalar _Any
union _Entity = Product
type _Service { sdl: String! }
extend type Query { _service: _Service! _entities(representations: [_Any!]!): [_Entity]! }
"""


def create_products() -> Starlette:
    """The products subgraph; its names are its own, so that tests do not meet in them."""
    names = {"1": "Basket", "2": "Brush", "3": "Bell", "4": "Bowl"}

    def product(identity: str) -> dict[str, Any] | None:
        if identity not in names:
            return None
        return {
            "__typename": "Product",
            "id": identity,
            "name": names[identity],
            "related": lambda _: [product(other) for other in names if other != identity],
        }

    async def slow(_: object, milliseconds: int) -> int:
        await asyncio.sleep(milliseconds / 1000)
        return milliseconds

    def forbidden(_: object) -> str:
        raise GraphQLError("Not for you.", extensions={"code": "FORBIDDEN"})

    def rename(_: object, *, id: str, name: str) -> dict[str, Any] | None:  # noqa: A002 - the argument's name
        names[id] = name
        return product(id)

    def products(_: object, first: int, filter: Mapping[str, object] | None = None) -> list[object]:  # noqa: A002
        del filter
        return [product(identity) for identity in list(names)[:first]]

    root: dict[str, Any] = {
        "products": products,
        "product": lambda _, id: product(id),  # noqa: A006
        "slow": slow,
        "forbidden": forbidden,
        "requestHeaders": lambda info: [
            f"{name}: {value}" for name, value in info.context["headers"].items()
        ],
        "rename": rename,
        "_entities": lambda _, representations: [product(one["id"]) for one in representations],
    }
    return _subgraph(PRODUCTS_SDL, root)


def create_reviews() -> Starlette:
    """The reviews subgraph."""

    def entity(representation: Mapping[str, Any]) -> dict[str, Any]:
        text = f"A fine thing, number {representation['id']}."
        return {
            "__typename": "Product",
            "id": representation["id"],
            "reviews": [{"text": text}],
        }

    return _subgraph(
        REVIEWS_SDL,
        {
            "reviewCount": lambda _: 4,
            "_entities": lambda _, representations: [entity(one) for one in representations],
        },
    )


def _subgraph(sdl: str, root: dict[str, Any]) -> Starlette:
    schema: GraphQLSchema = build_schema(sdl + _FEDERATION)
    root = {**root, "_service": {"sdl": sdl}}

    async def serve(request: Request) -> JSONResponse:
        body = await request.json()
        result: ExecutionResult = await graphql(
            schema,
            body["query"],
            root_value=root,
            variable_values=body.get("variables"),
            context_value={"headers": dict(request.headers)},
        )
        return JSONResponse(result.formatted)

    return Starlette(routes=[Route("/graphql", serve, methods=["POST"])])


FACTORIES: dict[str, Callable[[], Starlette]] = {
    "products": create_products,
    "reviews": create_reviews,
}

if __name__ == "__main__":
    uvicorn.run(FACTORIES[sys.argv[2]](), port=int(sys.argv[1]), log_level="warning")
