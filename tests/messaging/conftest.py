"""Databases and brokers to run the same tests on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from messaging.broker import Broker
from messaging.jetstream import connected_broker
from messaging.settings import MessagingSettings
from messaging.testing import FakeBroker
from shared.clock import ManualClock
from shared.database import Database, open_database
from tests.messaging.example import create_tables
from tests.support.nats import running_nats
from tests.support.waiting import DEADLINE

ANY_DATABASE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]
ANY_BROKER = ["fake", pytest.param("jetstream", marks=pytest.mark.integration)]


@pytest.fixture
def clock() -> ManualClock:
    """Machine time that stands still; close to the real one, which brokers go by."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture(params=ANY_DATABASE)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with the messaging tables and the example's."""
    is_sqlite = request.param == "sqlite"
    url: str = (
        f"sqlite+aiosqlite:///{tmp_path / 'one.sqlite3'}"
        if is_sqlite
        else request.getfixturevalue("postgres_url")
    )
    opened = open_database(url)
    await create_tables(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[Database]:
    """A second service's database."""
    opened = open_database(f"sqlite+aiosqlite:///{tmp_path / 'other.sqlite3'}")
    await create_tables(opened)
    yield opened
    await opened.close()


@pytest.fixture
def settings() -> MessagingSettings:
    """Settings that make waiting short; for tests without a server."""
    return MessagingSettings(
        poll_interval=timedelta(milliseconds=50),
        pull_expiry=timedelta(milliseconds=200),
        stop_timeout=DEADLINE,
    )


@pytest.fixture(params=ANY_BROKER)
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    """The fake broker and the real one."""
    if request.param == "fake":
        yield FakeBroker(pull_wait=timedelta(milliseconds=200))
        return
    async with (
        running_nats(tmp_path / "nats") as server,
        connected_broker(server.settings(), name="test", within=DEADLINE) as connected,
    ):
        yield connected


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Tracebacks as Python prints them: the pretty ones take longer than what is tested."""
    before = structlog.get_config()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    yield
    structlog.configure(**before)
