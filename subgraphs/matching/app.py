"""Composition root of matching: settings in, app out. Nothing else wires its parts together."""

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
from shared.settings import ServiceSettings, SettingsInvalid, load_settings
from shared.timers import running_timers

from .consumers import MatchingConsumers
from .demo import seed_demo
from .flows import SearchFlow
from .loaders import Batches, MatchingContext
from .schema import make_schema
from .service.decisions import RETRY_AFTER
from .timers import Housekeeping

NAME = "matching"


def create_app(settings: ServiceSettings | None = None) -> Starlette:
    """Return the app, configured by the environment unless ``settings`` are given."""
    settings = settings or load_settings(NAME)
    clock = settings.make_clock()
    database = open_database(settings.database_url)
    queue = SearchFlow(database, clock, _read_retries(settings))

    def make_context(principal: Principal, request_id: str) -> MatchingContext:
        batches = Batches(database)
        return MatchingContext(
            principal=principal,
            database=database,
            clock=clock,
            request_id=request_id,
            search=DataLoader(batches.searches),
            searches_of=DataLoader(batches.searches_of),
            pool_entry=DataLoader(batches.pool_entries),
            queue=queue,
        )

    @asynccontextmanager
    async def seeded() -> AsyncIterator[None]:
        if settings.read_flag("DEMO", default=False):
            await seed_demo(database, clock)
        yield

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
                lambda: MessagingRuntime(
                    domain=NAME,
                    database=database,
                    settings=read_settings(settings.environment),
                    subscriptions=MatchingConsumers(clock).subscriptions(),
                ),
                lambda: running_timers(Housekeeping(database, clock, queue).timers()),
            ),
        )
    )


def _read_retries(settings: ServiceSettings) -> tuple[timedelta, ...]:
    """Return ``CATTERY_MATCHING_RETRY_AFTER``: seconds after the first, second, … search in vain, by commas."""
    text = settings.read("RETRY_AFTER")
    if text is None:
        return RETRY_AFTER
    try:
        waits = tuple(timedelta(seconds=int(part)) for part in text.split(","))
    except ValueError as error:
        raise SettingsInvalid(
            f"CATTERY_MATCHING_RETRY_AFTER must be seconds by commas, not {text!r}"
        ) from error
    if min(waits) <= timedelta():
        raise SettingsInvalid("CATTERY_MATCHING_RETRY_AFTER must be more than nothing each time")
    return waits
