"""A client that closes its connection ends the work on its request, unless that is a mutation under way.

Over real sockets: whether a client is there is known by nothing else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from gateway.config import load_config
from gateway.server.client_connection import ClientConnection
from tests.support.gateway import RunningGateway, running
from tests.support.serving import serving_http
from tests.support.waiting_room import ROOMS, Room


@dataclass(frozen=True)
class Setting:
    """A gateway on a port, over one subgraph that keeps its callers waiting."""

    gateway: RunningGateway
    room: Room
    host: str
    port: int

    async def connect(self, body: object) -> asyncio.StreamWriter:
        """A client that has sent its request and waits."""
        content = json.dumps(body).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: {self.host}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\n\r\n"
        )
        _, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(head.encode() + content)
        await writer.drain()
        return writer

    async def page(self) -> str:
        return (await self.gateway.client.get("/metrics")).text

    @property
    def in_flight(self) -> int:
        count: int = self.gateway.app.state.serving.in_flight
        return count


@asynccontextmanager
async def a_setting(folder: Path, **settings: object) -> AsyncIterator[Setting]:
    path = folder / "supergraph.yaml"
    subgraphs = {"room": {"in_process": "tests.support.waiting_room:create_room"}}
    settings = {"telemetry": {"log_requests": "none"}, **settings}
    path.write_text(yaml.safe_dump({"subgraphs": subgraphs, "gateway": settings}))
    async with (
        running(load_config(config=path, environment={})) as gateway,
        serving_http(gateway.app, http=ClientConnection) as url,
    ):
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        room = ROOMS.pop()
        yield Setting(gateway, room, parts.hostname, parts.port)
        room.door.set()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - of counters, which tell nobody when they change
            await asyncio.sleep(0.002)


async def leave(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def test_a_query_ends_with_its_client(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as setting:
        client = await setting.connect({"query": "{ wait }"})
        await until(lambda: setting.room.entered == ["wait"])
        await leave(client)
        await until(lambda: setting.in_flight == 0)
        answered = await setting.gateway.post("{ count }")
        page = await setting.page()

        assert setting.room.sent_away == ["wait"]
        assert answered.json() == {"data": {"count": 7}}
        assert 'cattery_gateway_requests_total{kind="query",status="499"} 1.0' in page
        assert "cattery_gateway_requests_in_flight 0.0" in page


async def test_no_task_stays_behind(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as setting:
        await setting.gateway.post("{ count }")
        before = asyncio.all_tasks()
        clients = [await setting.connect({"query": "{ wait count }"}) for _ in range(5)]
        await until(lambda: len(setting.room.entered) == 5)
        for client in clients:
            await leave(client)

        await until(lambda: len(setting.room.sent_away) == 5)
        await until(lambda: asyncio.all_tasks() <= before)


async def test_a_mutation_that_has_started_goes_on_to_its_end(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as setting:
        client = await setting.connect({"query": "mutation { reserve note }"})
        await until(lambda: setting.room.entered == ["reserve"])
        await leave(client)
        await setting.gateway.post("{ count }")
        setting.room.door.set()
        await until(lambda: setting.in_flight == 0)
        page = await setting.page()

        assert setting.room.sent_away == []
        assert setting.room.done == ["reserve", "note"]
        assert 'cattery_gateway_requests_total{kind="mutation",status="499"} 1.0' in page


async def test_of_a_list_the_mutation_under_way_ends_and_the_next_is_not_begun(
    tmp_path: Path,
) -> None:
    requests = [{"query": "mutation { reserve }"}, {"query": "mutation { note }"}]

    async with a_setting(tmp_path, limits={"max_batch": 2}) as setting:
        client = await setting.connect(requests)
        await until(lambda: setting.room.entered == ["reserve"])
        await leave(client)
        await setting.gateway.post("{ count }")
        setting.room.door.set()
        await until(lambda: setting.in_flight == 0)

        assert setting.room.done == ["reserve"]
        assert setting.room.entered == ["reserve"]


async def test_files_that_have_arrived_are_gone_with_a_client_that_leaves_amid_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))

    def open_files() -> list[str]:
        links = (
            str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()
        )
        return [link for link in links if link.startswith(str(spool))]

    parts = [
        ('"operations"', '{"query": "mutation { reserve }", "variables": {"f": null, "g": null}}'),
        ('"map"', '{"0": ["variables.f"], "1": ["variables.g"]}'),
        ('"0"; filename="cat"', "x" * 5000),
        ('"1"; filename="dog"', "y" * 5000),
    ]
    form = "".join(
        f"--edge\r\ncontent-disposition: form-data; name={name}\r\n\r\n{content}\r\n"
        for name, content in parts
    )

    async with a_setting(tmp_path, uploads={"enabled": True, "memory_bytes": 1024}) as setting:
        _, client = await asyncio.open_connection(setting.host, setting.port)
        client.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ngraphql-require-preflight: 1\r\n"
            b"content-type: multipart/form-data; boundary=edge\r\ncontent-length: 100000\r\n\r\n"
            + form.encode()
        )
        await until(lambda: len(open_files()) == 2)
        await leave(client)
        await until(lambda: setting.in_flight == 0)
        page = await setting.page()

        assert open_files() == []
        assert list(spool.iterdir()) == []
        assert 'cattery_gateway_requests_total{kind="none",status="499"} 1.0' in page
        assert setting.room.entered == []


async def test_a_list_of_queries_ends_with_its_client(tmp_path: Path) -> None:
    async with a_setting(tmp_path, limits={"max_batch": 3}) as setting:
        client = await setting.connect([{"query": "{ wait }"}] * 3)
        await until(lambda: len(setting.room.entered) == 3)
        await leave(client)
        await until(lambda: setting.in_flight == 0)

        assert len(setting.room.sent_away) == 3


async def test_who_shares_an_execution_is_answered_though_the_first_has_left(
    tmp_path: Path,
) -> None:
    async with a_setting(tmp_path, traffic={"coalesce_queries": True}) as setting:
        first = await setting.connect({"query": "{ wait }"})
        await until(lambda: setting.room.entered == ["wait"])
        second_reader, second = await asyncio.open_connection(setting.host, setting.port)
        content = json.dumps({"query": "{ wait }"}).encode()
        second.write(
            f"POST /graphql HTTP/1.1\r\nhost: {setting.host}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\n\r\n".encode()
            + content
        )
        await until(lambda: setting.in_flight == 2)
        await leave(first)
        await setting.gateway.post("{ count }")
        setting.room.door.set()
        head = await second_reader.readuntil(b"\r\n\r\n")
        body = await second_reader.readexactly(len(b'{"data":{"wait":1}}'))
        await leave(second)

        assert head.startswith(b"HTTP/1.1 200")
        assert body == b'{"data":{"wait":1}}'
        assert setting.room.entered == ["wait"]
        assert setting.room.sent_away == []


async def test_a_shared_execution_ends_when_the_last_has_left(tmp_path: Path) -> None:
    async with a_setting(tmp_path, traffic={"coalesce_queries": True}) as setting:
        clients = []
        for number in range(3):
            clients.append(await setting.connect({"query": "{ wait }"}))
            await until(lambda number=number: setting.in_flight == number + 1)  # type: ignore[misc]
        await until(lambda: setting.room.entered == ["wait"])
        for client in clients:
            assert setting.room.sent_away == []
            await leave(client)
        await until(lambda: setting.in_flight == 0)

        assert setting.room.sent_away == ["wait"]
        assert setting.room.entered == ["wait"]


async def test_who_leaves_amid_the_body_is_not_waited_for(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as setting:
        _, client = await asyncio.open_connection(setting.host, setting.port)
        client.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: 100\r\n\r\n{"
        )
        await until(lambda: setting.in_flight == 1)
        await leave(client)
        await until(lambda: setting.in_flight == 0)

        assert setting.room.entered == []


async def test_who_leaves_after_the_answer_changes_nothing(tmp_path: Path) -> None:
    async with a_setting(tmp_path) as setting:
        setting.room.door.set()
        reader, client = await asyncio.open_connection(setting.host, setting.port)
        content = b'{"query":"{ wait }"}'
        client.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(content), content)
        )
        await reader.readuntil(b"}}")
        await leave(client)
        page = await setting.page()

        assert setting.room.sent_away == []
        assert 'status="200"} 1.0' in page
        assert 'status="499"' not in page


@pytest.mark.parametrize("times", [3])
async def test_requests_of_one_connection_are_told_apart(tmp_path: Path, times: int) -> None:
    async with a_setting(tmp_path) as setting:
        reader, client = await asyncio.open_connection(setting.host, setting.port)
        content = b'{"query":"{ count }"}'
        for _ in range(times):
            client.write(
                b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%b" % (len(content), content)
            )
            await reader.readuntil(b"}}")
        waiting = b'{"query":"{ wait }"}'
        client.write(
            b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(waiting), waiting)
        )
        await until(lambda: setting.room.entered == ["wait"])
        await leave(client)
        await until(lambda: setting.room.sent_away == ["wait"])
