"""A subgraph under test: the real app on a database of its own, spoken to over HTTP as the gateway would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from starlette.applications import Starlette

from shared.clock import VirtualClock
from shared.database import Database, open_database
from shared.identity import ANONYMOUS, Principal
from shared.migrations import upgrade
from shared.settings import ServiceSettings, load_settings
from subgraphs.catalogue import find_domain

from .callers import JWKS_URL, sign_token

NOBODY_LISTENS = "nats://127.0.0.1:1"
_tables: dict[str, bytes] = {}
"""A SQLite file with a subgraph's tables, by its name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request got."""

    status: int
    data: dict[str, Any] | None
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in order."""
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def reasons(self) -> list[str]:
        """The reasons of the errors, in order."""
        return [error["extensions"]["reason"] for error in self.errors]


@dataclass(frozen=True, slots=True)
class RunningService:
    """A subgraph that answers."""

    app: Starlette
    settings: ServiceSettings
    clock: VirtualClock
    database: Database
    http: httpx.AsyncClient

    async def execute(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        caller: Principal = ANONYMOUS,
    ) -> Answer:
        """Send ``operation`` as ``caller``."""
        headers = (
            {}
            if caller.is_anonymous
            else {"authorization": f"Bearer {sign_token(caller, self.clock)}"}
        )
        response = await self.http.post(
            "/graphql",
            json={"query": operation, "variables": dict(variables or {})},
            headers=headers,
        )
        body = response.json()
        return Answer(response.status_code, body.get("data"), body.get("errors") or [])

    async def fetch(
        self,
        operation: str,
        variables: Mapping[str, object] | None = None,
        *,
        caller: Principal = ANONYMOUS,
    ) -> dict[str, Any]:
        """Send ``operation`` and return its data; fail on any error."""
        answer = await self.execute(operation, variables, caller=caller)
        assert not answer.errors, answer.errors
        assert answer.data is not None
        return answer.data

    def advance(self, by: timedelta) -> None:
        """Move the service's clock forward."""
        self.clock.advance(by)


@asynccontextmanager
async def running_service(
    name: str, folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[RunningService]:
    """Run the subgraph ``name`` in this process, with its files in ``folder`` and no broker to talk to.

    ``environment`` adds to or replaces what it is told.
    """
    clock_file = folder / "clock.json"
    settings = load_settings(
        name,
        {
            "CATTERY_DATA_DIR": str(folder),
            "CATTERY_JWKS_URL": JWKS_URL,
            "CATTERY_CLOCK_FILE": str(clock_file),
            "CATTERY_ACCOUNTS_URL": "app://nowhere",
            "CATTERY_MATCHING_URL": "app://nowhere",
            "NATS_URL": NOBODY_LISTENS,
            **(environment or {}),
        },
    )
    await _plant_tables(name, settings.database_url)
    app = find_domain(name).create_app(settings)
    database = open_database(settings.database_url)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as http,
    ):
        try:
            yield RunningService(app, settings, VirtualClock(clock_file), database, http)
        finally:
            await database.close()


@asynccontextmanager
async def migrated_database(name: str, url: str) -> AsyncIterator[Database]:
    """Open a database at ``url`` with the tables of the subgraph ``name``."""
    await _plant_tables(name, url)
    database = open_database(url)
    try:
        await upgrade(database, revisions=find_domain(name).revisions)
        yield database
    finally:
        await database.close()


async def _plant_tables(name: str, url: str) -> None:
    """Put a file with the subgraph's tables where a new SQLite database is wanted: copying beats migrating.

    The migrations still run on top, and find nothing to do; each test process makes its own original.
    """
    prefix, _, path = url.partition("///")
    if not prefix.startswith("sqlite") or Path(path).exists():
        return
    if name not in _tables:
        with TemporaryDirectory() as folder:
            original = Path(folder) / "original.db"
            database = open_database(f"{prefix}///{original}")
            await upgrade(database, revisions=find_domain(name).revisions)
            await database.close()
            _tables[name] = original.read_bytes()
    Path(path).write_bytes(_tables[name])
