"""The embedded server: what is configured is what runs."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from messaging.embedded import EmbeddedServer, configure, find_url, running
from messaging.errors import BrokerProcessFailed, BrokerUnavailable
from messaging.jetstream import connected_broker
from messaging.settings import MessagingSettings
from messaging.topology import stream_for_domain
from shared.ports import reserve_port
from tests.support.waiting import DEADLINE

pytestmark = pytest.mark.integration


@pytest.fixture
def port() -> Iterator[int]:
    """A port of the test's own, also while its server is not running."""
    with reserve_port() as reserved:
        yield reserved.port


async def test_a_configured_server_runs_and_keeps_its_streams(tmp_path: Path, port: int) -> None:
    folder = tmp_path / "with space"
    server = configure(folder, port=port)
    settings = MessagingSettings(servers=(server.url,), request_timeout=DEADLINE)

    for _ in range(2):
        async with (
            running(server, within=DEADLINE),
            connected_broker(settings, name="t", within=DEADLINE) as broker,
        ):
            before = await broker.streams()
            await broker.declare_stream(stream_for_domain("counting", settings))

    assert [stream.name for stream in before] == ["CATTERY_COUNTING"]
    assert server.store.is_dir()
    assert find_url(folder) == server.url
    assert find_url(tmp_path) is None
    assert "sync_interval: always" in server.config_file.read_text()


async def test_a_token_is_asked_for_and_kept_from_others(tmp_path: Path, port: int) -> None:
    server = configure(tmp_path, port=port, token='se"same')
    right = MessagingSettings(servers=(server.url,), token='se"same')

    async with running(server, within=DEADLINE):
        async with connected_broker(right, name="t", within=DEADLINE) as broker:
            assert broker.is_connected
        with pytest.raises(BrokerUnavailable, match="No broker answers"):
            await _connect(replace(right, token="wrong"))

    assert stat.S_IMODE(server.config_file.stat().st_mode) == 0o600


async def _connect(settings: MessagingSettings) -> None:
    async with connected_broker(settings, name="t", within=timedelta(milliseconds=700)):
        pass


async def test_monitoring_is_off_unless_it_has_a_port(tmp_path: Path, port: int) -> None:
    assert "http" not in configure(tmp_path / "off", port=port).config_file.read_text()

    with reserve_port() as second:
        monitored = configure(tmp_path / "on", port=second.port, monitoring_port=port)
        async with running(monitored, within=DEADLINE):
            await _looks_well(port)


async def _looks_well(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert b"200 OK" in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    first = configure(tmp_path / "first")
    second = configure(tmp_path / "second", port=first.port)
    second.config_file.write_text("port: nonsense")

    with pytest.raises(BrokerProcessFailed, match=r"nats-server ended with 1"):
        await _run(second)


async def _run(server: EmbeddedServer) -> None:
    async with running(server, within=DEADLINE):
        pass
