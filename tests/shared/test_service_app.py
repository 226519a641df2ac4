"""What every service's app does before its resolvers are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import strawberry
from starlette.applications import Starlette

from shared.authorization import anyone
from shared.clock import SystemClock
from shared.database import open_database
from shared.federation import build_schema
from shared.identity import RemoteKeys, TokenVerifier
from shared.request_context import RequestContext
from shared.service_app import Service, build_service_app
from tests.support.callers import JWKS_URL


@strawberry.type
class Query:
    @strawberry.field(extensions=[anyone()])
    def client_address(self, info: strawberry.Info[RequestContext, None]) -> str:
        return info.context.client_address


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Starlette]:
    clock, database = SystemClock(), open_database(f"sqlite+aiosqlite:///{tmp_path}/x.db")
    yield build_service_app(
        Service(
            name="test-service",
            schema=build_schema(query=Query),
            database=database,
            revisions=tmp_path,
            verifier=TokenVerifier(RemoteKeys(JWKS_URL, clock), clock),
            make_context=lambda principal, request_id: RequestContext(
                principal=principal, database=database, clock=clock, request_id=request_id
            ),
        )
    )
    await database.close()


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "192.0.2.7"),
        ({"x-client-ip": " 198.51.100.1 "}, "198.51.100.1"),
        ({"x-client-ip": ""}, "192.0.2.7"),
        ({"x-forwarded-for": "198.51.100.1"}, "192.0.2.7"),
    ],
)
async def test_the_clients_address_is_what_the_gateway_says_or_whoever_calls(
    app: Starlette, headers: dict[str, str], address: str
) -> None:
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 4711))

    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        response = await http.post("/graphql", json={"query": "{ clientAddress }"}, headers=headers)

    assert response.json()["data"] == {"clientAddress": address}
