"""Composition root of hiring: settings in, app out. Nothing else wires its parts together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from strawberry.dataloader import DataLoader

from messaging.runtime import MessagingRuntime
from messaging.settings import read_settings
from shared.database import open_database
from shared.identity import Principal, RemoteKeys, TokenVerifier
from shared.service_app import Service, build_service_app
from shared.settings import ServiceSettings, load_settings
from shared.timers import running_timers

from .admission import Admission
from .demo import seed_demo
from .loaders import Batches, HiringContext
from .schema import make_schema
from .settings import read_hiring_settings
from .timers import Deadlines

NAME = "hiring"


def create_app(settings: ServiceSettings | None = None) -> Starlette:
    """Return the app, configured by the environment unless ``settings`` are given."""
    settings = settings or load_settings(NAME)
    own = read_hiring_settings(settings)
    clock = settings.make_clock()
    database = open_database(settings.database_url)
    admission = Admission(own.apply, clock)

    def make_context(principal: Principal, request_id: str) -> HiringContext:
        batches = Batches(database)
        return HiringContext(
            principal=principal,
            database=database,
            clock=clock,
            request_id=request_id,
            application=DataLoader(batches.applications),
            steps=DataLoader(batches.steps),
            decision=DataLoader(batches.decisions),
            attempt=DataLoader(batches.attempts),
            attempts=DataLoader(batches.attempts_of),
            test=DataLoader(batches.tests),
            test_version=DataLoader(batches.test_versions),
            set_tests=DataLoader(batches.set_tests),
            worker=DataLoader(batches.workers),
            worker_of=DataLoader(batches.workers_of),
            admission=admission,
            settings=own,
        )

    @asynccontextmanager
    async def seeded() -> AsyncIterator[None]:
        if own.demo:
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
                ),
                lambda: running_timers(Deadlines(database, clock, own.decision).timers()),
            ),
        )
    )
