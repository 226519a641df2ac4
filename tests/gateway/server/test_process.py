"""The gateway as a process: it comes up, it stops in order, and its workers act as one."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.gateway import codes, shop_yaml
from tests.support.incremental import read_parts
from tests.support.processes import Running, cattery_gateway
from tests.support.tardy_shop import tardy_shop
from tests.support.waiting import DEADLINE_SECONDS, until

HELD = {"query": "{ products { reviews { text } } }"}
QUICK = {"query": "{ products { name } }"}


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "supergraph.yaml"
    path.write_text(
        shop_yaml(
            server={"notice_seconds": 0.5, "drain_seconds": 10},
            telemetry={"log_requests": "all", "log_format": "json"},
        )
    )
    return str(path)


def client_of(running: Running) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}", timeout=DEADLINE_SECONDS)


async def is_working_on_two(client: httpx.AsyncClient) -> bool:
    return "requests_in_flight 2.0" in (await client.get("/metrics")).text


async def is_not_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).status_code == 503


async def has_written(log: Path, words: str) -> bool:
    return words in log.read_text()


async def test_a_request_in_flight_is_answered_before_the_gateway_stops(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = {"notice_seconds": 3, "drain_seconds": 600}
    async with tardy_shop(tmp_path, server=server, telemetry={"metrics": True}) as shop:
        config = str(tmp_path / "supergraph.yaml")
        with cattery_gateway(["--config", config], log=log) as running:
            async with client_of(running) as client:
                held = asyncio.create_task(client.post("/graphql", json=HELD))
                await shop.was_asked.wait()
                running.process.send_signal(signal.SIGTERM)
                await until(lambda: is_not_ready(client))
                ready = await client.get("/health/ready")
                still_taken = await client.post("/graphql", json=QUICK)
                shop.may_answer.set()
                answered = await held
            exit_code = await asyncio.to_thread(running.process.wait, DEADLINE_SECONDS)

    assert (ready.status_code, ready.json()["phase"]) == (503, "draining")
    assert still_taken.json() == {"data": {"products": [{"name": "Basket"}, {"name": "Bell"}]}}
    assert answered.json()["data"]["products"][0] == {"reviews": [{"text": "about 1"}]}
    assert exit_code == 0
    assert "Traceback" not in log.read_text()


async def test_the_gateway_says_where_it_is_logs_each_request_and_stops_at_ctrl_c(
    config: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with cattery_gateway(["--config", config], log=log) as running:
        async with client_of(running) as client:
            await client.post("/graphql", json={"query": "query Count { reviewCount }"})
        too_large = await announce_huge_body(running.port)
        exit_code = await asyncio.to_thread(running.stop, signal.SIGINT)

    assert f"http://127.0.0.1:{running.port}/graphql (2 subgraphs)" in running.ready_line
    assert " 413 " in too_large
    assert exit_code == 0
    lines = [line for line in log.read_text().splitlines() if '"event":"request"' in line]
    assert [('"operation":"Count"' in line, '"status":413' in line) for line in lines] == [
        (True, False),
        (False, True),
    ]


async def test_a_request_that_outlasts_the_drain_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    log = tmp_path / "log"
    path.write_text(
        shop_yaml(server={"drain_seconds": 1}, telemetry={"log_format": "json", "metrics": True}),
    )
    slow = "slow(milliseconds: 60000)"
    in_parts = {"accept": "multipart/mixed;incrementalSpec=v0.2"}
    with cattery_gateway(["--config", str(path)], log=log) as running:
        async with client_of(running) as client:
            whole = asyncio.create_task(client.post("/graphql", json={"query": f"{{ {slow} }}"}))
            query = f"query Parts {{ reviewCount ... @defer {{ {slow} }} }}"
            async with client.stream(
                "POST", "/graphql", json={"query": query}, headers=in_parts
            ) as response:
                parts = read_parts(response)
                await anext(parts)
                await until(lambda: is_working_on_two(client))
                running.process.send_signal(signal.SIGTERM)
                (last,) = [part async for part in parts]
            refused = await whole
        exit_code = await asyncio.to_thread(running.process.wait, DEADLINE_SECONDS)

    assert refused.status_code == 503
    assert codes(refused) == ["NOT_READY"]
    assert not last["hasNext"]
    assert [error["extensions"]["code"] for error in last["completed"][0]["errors"]] == [
        "NOT_READY"
    ]
    assert exit_code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"size_bytes"' in line]
    assert {(line["operation"], line["status"], *line["error_codes"]) for line in lines} == {
        (None, 503, "NOT_READY"),
        ("Parts", 200, "NOT_READY"),
    }


async def announce_huge_body(port: int) -> str:
    """Send the head of a request with a body that is too large; return the status line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        b"content-length: 10000000\r\n\r\n{"
    )
    status = await asyncio.wait_for(reader.readline(), DEADLINE_SECONDS)
    writer.close()
    await writer.wait_closed()
    return status.decode()


async def test_workers_share_port_and_metrics_and_one_that_dies_is_replaced(
    config: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with cattery_gateway(["--config", config, "--workers", "2"], log=log) as running:
        for _ in range(20):
            # A connection each, so that both workers get some.
            async with client_of(running) as client:
                await client.post("/graphql", json={"query": "{ reviewCount }"})
        counted = await _requests_counted(running)
        os.kill(_children(running.process.pid)[-1], signal.SIGKILL)
        await until(lambda: has_written(log, "worker died"))
        async with client_of(running) as client:
            answered = await client.post("/graphql", json={"query": "{ reviewCount }"})
        exit_code = await asyncio.to_thread(running.stop)

    assert counted == 20
    assert answered.json() == {"data": {"reviewCount": 4}}
    assert exit_code == 0


async def test_workers_end_with_a_supervisor_that_is_killed(config: str, tmp_path: Path) -> None:
    with cattery_gateway(["--config", config, "--workers", "2"], log=tmp_path / "log") as running:
        workers = _children(running.process.pid)
        running.process.kill()
        await until(lambda: _have_ended(workers))

        with pytest.raises(httpx.ConnectError):
            async with client_of(running) as client:
                await client.get("/health/live")


async def test_workers_that_cannot_start_end_the_gateway(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text(
        "subgraphs: {a: {routing_url: 'http://a.test', schema: {sdl: 'type Query { a: Nope }'}}}"
    )

    with (
        pytest.raises(AssertionError, match="COMPOSITION_FAILED"),
        cattery_gateway(["--config", str(path), "--workers", "2"], log=tmp_path / "log"),
    ):
        pass


async def _requests_counted(running: Running) -> int:
    """What any worker shows of the queries to all, once it shows 20: it may be a second behind."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            async with client_of(running) as client:
                text = (await client.get("/metrics")).text
            match = re.search(r'requests_total\{kind="query",status="200"\} (\d+)', text)
            if match is not None and int(match[1]) >= 20:
                return int(match[1])
            await asyncio.sleep(0.1)


async def _have_ended(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}/exe").exists() for pid in pids)


def _children(pid: int) -> list[int]:
    """The worker processes: what the supervisor started last, without helpers of the library."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    workers = [
        int(child)
        for child in listed
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert workers
    return workers
