"""Composition root of orders: settings in, app out. Nothing else wires its parts together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from strawberry.dataloader import DataLoader

from messaging.runtime import MessagingRuntime
from messaging.settings import read_settings
from shared.database import open_database
from shared.identity import Principal, RemoteKeys, TokenVerifier
from shared.service_app import Service, build_service_app
from shared.service_client import ServiceClient
from shared.settings import ServiceSettings, load_settings
from shared.timers import running_timers

from .consumers import OrderConsumers
from .demo import seed_demo
from .flows import SearchFlow
from .loaders import Batches, OrdersContext
from .schema import make_schema
from .service import MIN_NOTICE
from .timers import Housekeeping

NAME = "orders"
MINUTE = timedelta(minutes=1)


def create_app(settings: ServiceSettings | None = None) -> Starlette:
    """Return the app, configured by the environment unless ``settings`` are given."""
    settings = settings or load_settings(NAME)
    clock = settings.make_clock()
    database = open_database(settings.database_url)
    matching = ServiceClient("matching", settings, clock)
    search = SearchFlow(database, clock, matching)
    min_notice = settings.read_duration("MIN_NOTICE_MINUTES", unit=MINUTE, default=MIN_NOTICE)

    def make_context(principal: Principal, request_id: str) -> OrdersContext:
        batches = Batches(database)
        return OrdersContext(
            principal=principal,
            database=database,
            clock=clock,
            request_id=request_id,
            order=DataLoader(batches.orders),
            reorders=DataLoader(batches.reorders),
            steps=DataLoader(batches.steps),
            client=DataLoader(batches.clients),
            counts=DataLoader(batches.counts),
            service_type=DataLoader(batches.service_types),
            service_type_version=DataLoader(batches.service_type_versions),
            search=search,
            min_notice=min_notice,
        )

    @asynccontextmanager
    async def seeded() -> AsyncIterator[None]:
        if settings.read_flag("DEMO", default=False):
            await seed_demo(database, clock)
        yield

    @asynccontextmanager
    async def client_closed() -> AsyncIterator[None]:
        try:
            yield
        finally:
            await matching.close()

    return build_service_app(
        Service(
            name=NAME,
            schema=make_schema(),
            database=database,
            revisions=Path(__file__).parent / "migrations",
            verifier=TokenVerifier(RemoteKeys(settings.jwks_url, clock), clock),
            make_context=make_context,
            components=(
                seeded,
                client_closed,
                lambda: MessagingRuntime(
                    domain=NAME,
                    database=database,
                    settings=read_settings(settings.environment),
                    subscriptions=OrderConsumers(clock).subscriptions(),
                ),
                lambda: running_timers(Housekeeping(database, clock, search).timers()),
            ),
        )
    )
