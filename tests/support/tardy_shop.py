"""A gateway on a real port over subgraphs on another, of which reviews answer when they are let.

Products are there at once; nothing is timed, so that tests can say what comes before what.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gateway.app import create_app
from gateway.config import load_config

from .serving import serving_http
from .waiting import DEADLINE_SECONDS

_LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
PRODUCTS_SDL = (
    _LINK
    + """
type Query { products: [Product!] }
type Mutation { rename: Product }
type Product @key(fields: "id") { id: ID! name: String }
"""
)
REVIEWS_SDL = (
    _LINK + 'type Product @key(fields: "id") { id: ID! reviews: [Review!] stars: Int! }'
    " type Review { text: String }"
)
_PRODUCTS = [{"id": "1", "name": "Basket"}, {"id": "2", "name": "Bell"}]

Payload = dict[str, Any]


def answer_reviews(payload: Payload) -> Payload:
    """What the subgraph of reviews says when all goes well."""
    found = [
        {"reviews": [{"text": f"about {each['id']}"}], "stars": 5}
        for each in payload["variables"]["representations"]
    ]
    return {"data": {"_entities": found}}


def _answer_products(payload: Payload) -> Payload:
    if "mutation" in payload["query"]:
        return {"data": {"rename": _PRODUCTS[0]}}
    return {"data": {"products": _PRODUCTS}}


@dataclass
class TardyShop:
    """What tests hold in hand."""

    answer: Callable[[Payload], Payload] = answer_reviews
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    has_answered: bool = False
    app: Starlette = field(init=False)
    url: str = ""
    client: httpx.AsyncClient = field(init=False)

    @property
    def in_flight(self) -> int:
        """Requests that the gateway is working on."""
        found: int = self.app.state.serving.in_flight
        return found

    async def answer_products(self, request: Request) -> JSONResponse:
        return JSONResponse(_answer_products(json.loads(await request.body())))

    async def answer_reviews(self, request: Request) -> JSONResponse:
        payload = json.loads(await request.body())
        self.was_asked.set()
        await self.may_answer.wait()
        self.has_answered = True
        return JSONResponse(self.answer(payload))


@asynccontextmanager
async def tardy_shop(
    folder: Path, answer: Callable[[Payload], Payload] = answer_reviews, **settings: object
) -> AsyncIterator[TardyShop]:
    """Start everything, with the gateway's ``settings``, and stop it again."""
    shop = TardyShop(answer)
    async with AsyncExitStack() as stack:
        app = Starlette(
            routes=[
                Route("/products", shop.answer_products, methods=["POST"]),
                Route("/reviews", shop.answer_reviews, methods=["POST"]),
            ]
        )
        url = await stack.enter_async_context(serving_http(app))
        subgraphs = {
            name: {"routing_url": f"{url}/{name}", "schema": {"sdl": sdl}}
            for name, sdl in (("products", PRODUCTS_SDL), ("reviews", REVIEWS_SDL))
        }
        path = folder / "supergraph.yaml"
        gateway = {"telemetry": {"log_requests": "none"}, **settings}
        path.write_text(yaml.safe_dump({"subgraphs": subgraphs, "gateway": gateway}))
        shop.app = create_app(load_config(config=path, environment={}))
        await stack.enter_async_context(shop.app.router.lifespan_context(shop.app))
        shop.url = await stack.enter_async_context(serving_http(shop.app))
        shop.client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=shop.url, timeout=DEADLINE_SECONDS)
        )
        # Nothing may be left waiting when a test fails.
        stack.callback(shop.may_answer.set)
        yield shop
