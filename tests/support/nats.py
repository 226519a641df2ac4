"""A real nats-server of the test's own: it can be stopped, killed, started again, and lose its disk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from messaging.embedded import EmbeddedServer, configure
from messaging.settings import MessagingSettings
from shared.ports import reserve_port

from .waiting import DEADLINE


class NatsServer:
    """One server, which keeps its port and its folder through restarts."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """What clients connect to, now or later."""
        return self._server.url

    def settings(self) -> MessagingSettings:
        """Return settings for clients that wait for this server's answers, however busy it is."""
        return MessagingSettings(
            servers=(self.url,),
            token=self._server.token,
            connect_timeout=DEADLINE,
            request_timeout=DEADLINE,
            reconnect_wait=timedelta(milliseconds=50),
            poll_interval=timedelta(milliseconds=100),
            pull_expiry=timedelta(milliseconds=500),
            pull_grace=DEADLINE,
            stop_timeout=DEADLINE,
        )

    def impatient_settings(self) -> MessagingSettings:
        """Return settings for services that try again soon, since this server may be killed before it answers."""
        return replace(
            self.settings(),
            connect_timeout=timedelta(seconds=1),
            request_timeout=timedelta(seconds=2),
            pull_grace=timedelta(seconds=1),
        )

    async def start(self) -> None:
        """Start, or start again with what is on the disk."""
        self._process = await asyncio.create_subprocess_exec(
            *self._server.argv,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self._server.wait_ready(self._process, within=DEADLINE)

    async def stop(self) -> None:
        """Kill it, as a power cut does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            await process.wait()

    def lose_disk(self) -> None:
        """Delete the streams; only while it is stopped."""
        shutil.rmtree(self._server.store)


@asynccontextmanager
async def running_nats(folder: Path) -> AsyncIterator[NatsServer]:
    """Run a server on a port of its own for the length of a block."""
    with reserve_port() as reserved:
        server = NatsServer(configure(folder, port=reserved.port))
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


@pytest.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server on a free port, running."""
    async with running_nats(tmp_path / "nats") as server:
        yield server
