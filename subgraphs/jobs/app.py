"""Composition root of jobs: settings in, app out. Nothing else wires its parts together."""

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
from shared.service_client import ServiceClient
from shared.settings import ServiceSettings, SettingsInvalid, load_settings
from shared.timers import running_timers

from .blobs import FolderBlobs
from .consumers import JobConsumers
from .flows import EvidenceFlow, SupplyFlow
from .loaders import Batches, JobsContext
from .routes import make_routes
from .schema import make_schema
from .timers import Deadlines

NAME = "jobs"


def create_app(settings: ServiceSettings | None = None) -> Starlette:
    """Return the app, configured by the environment unless ``settings`` are given.

    ``CATTERY_JOBS_REQUIRES_SUPPLIES``: whether a job starts only with its supplies issued.
    ``CATTERY_JOBS_BLOBS_DIR``: where photos are kept, ``jobs-blobs`` in the data folder unless said otherwise.
    """
    settings = settings or load_settings(NAME)
    clock = settings.make_clock()
    database = open_database(settings.database_url)
    blobs = FolderBlobs(Path(settings.read("BLOBS_DIR") or settings.data_dir / "jobs-blobs"))
    requires_supplies = settings.read_flag("REQUIRES_SUPPLIES", default=False)
    consumables = _find_consumables(settings, is_required=requires_supplies)
    supplies = SupplyFlow(database, clock, consumables)
    verifier = TokenVerifier(RemoteKeys(settings.jwks_url, clock), clock)

    def make_context(principal: Principal, request_id: str) -> JobsContext:
        batches = Batches(database)
        return JobsContext(
            principal=principal,
            database=database,
            clock=clock,
            request_id=request_id,
            job=DataLoader(batches.jobs),
            job_of=DataLoader(batches.jobs_of),
            steps=DataLoader(batches.steps),
            evidence=DataLoader(batches.evidence),
            counts=DataLoader(batches.counts),
            supplies=supplies,
            photos=EvidenceFlow(blobs),
            requires_supplies=requires_supplies,
        )

    @asynccontextmanager
    async def client_closed() -> AsyncIterator[None]:
        try:
            yield
        finally:
            if consumables is not None:
                await consumables.close()

    return build_service_app(
        Service(
            name=NAME,
            schema=make_schema(),
            database=database,
            revisions=Path(__file__).parent / "migrations",
            verifier=verifier,
            make_context=make_context,
            components=(
                client_closed,
                lambda: MessagingRuntime(
                    domain=NAME,
                    database=database,
                    settings=read_settings(settings.environment),
                    subscriptions=JobConsumers(clock).subscriptions(),
                ),
                lambda: running_timers(Deadlines(database, clock).timers()),
            ),
            routes=make_routes(verifier, database, blobs),
        )
    )


def _find_consumables(settings: ServiceSettings, *, is_required: bool) -> ServiceClient | None:
    """Return the client of the supplies department, where there is one.

    Raises:
        SettingsInvalid: there is none, and jobs are not to start without it.
    """
    clock = settings.make_clock()
    try:
        settings.url_of("consumables")
    except SettingsInvalid:
        if is_required:
            raise
        return None
    return ServiceClient("consumables", settings, clock)
