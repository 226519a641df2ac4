"""The gateway as a process is told to reload: by SIGHUP, and by what it watches; its workers act as one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.living_subgraph import LivingSubgraph, linked
from tests.support.processes import Running, cattery_gateway
from tests.support.reloading import living, write_config
from tests.support.waiting import DEADLINE_SECONDS, until

OLD = linked("type Query { always: String @shareable old: String }")
NEW = linked("type Query { always: String @shareable new: String }")


@dataclass
class Process:
    """A gateway over one subgraph, whose schema is in a file."""

    running: Running
    subgraph: LivingSubgraph
    file: Path
    log: Path

    def write(self, sdl: str) -> None:
        self.subgraph.sdl = sdl
        self.file.write_text(sdl)

    async def ask(self, query: str) -> dict[str, Any]:
        """The answer over a connection of its own, which any worker may get."""
        url = f"http://127.0.0.1:{self.running.port}"
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as client:
            answer: dict[str, Any] = (await client.post("/graphql", json={"query": query})).json()
            return answer

    async def all_serve(self, query: str) -> bool:
        """Whether every worker that is met in many connections answers ``query``."""
        answers = [await self.ask(query) for _ in range(12)]
        return all("errors" not in answer for answer in answers)


@asynccontextmanager
async def a_process(folder: Path, arguments: Sequence[str] = ()) -> AsyncIterator[Process]:
    subgraph = LivingSubgraph(OLD)
    file, log, config = folder / "a.graphql", folder / "log", folder / "supergraph.yaml"
    file.write_text(OLD)
    async with living(subgraph) as (url,):
        write_config(config, {"a": {"routing_url": url, "schema": {"file": "a.graphql"}}})
        # Starting it blocks, and its subgraph lives in this loop; but it is not asked for anything meanwhile.
        with cattery_gateway(["--config", str(config), *arguments], log=log) as running:
            yield Process(running, subgraph, file, log)


async def test_sighup_reloads_and_a_stop_is_still_in_order(tmp_path: Path) -> None:
    async with a_process(tmp_path) as process:
        before = await process.ask("{ old }")
        process.write(NEW)
        process.running.process.send_signal(signal.SIGHUP)
        await until(lambda: process.all_serve("{ new }"))
        process.file.write_text("type Query {")
        process.running.process.send_signal(signal.SIGHUP)
        await until(lambda: has_written(process.log, "supergraph stays as it is"))
        after = await process.ask("{ new }")
        exit_code = await asyncio.to_thread(process.running.stop)

    log = process.log.read_text()
    assert before == {"data": {"old": "old"}}
    assert after == {"data": {"new": "new"}}
    assert exit_code == 0
    assert "supergraph swapped" in log
    assert "Traceback" not in log


async def test_all_workers_swap_and_all_hear_of_an_order(tmp_path: Path) -> None:
    async with a_process(tmp_path, ["--workers", "2", "--watch"]) as process:
        process.write(NEW)
        await until(lambda: process.all_serve("{ new }"))
        await until(lambda: has_written(process.log, "supergraph swapped", times=2))
        process.running.process.send_signal(signal.SIGHUP)
        await until(lambda: has_written(process.log, "reload asked for", times=2))
        exit_code = await asyncio.to_thread(process.running.stop)

    assert process.log.read_text().count("supergraph swapped") == 2
    assert exit_code == 0


async def has_written(log: Path, words: str, *, times: int = 1) -> bool:
    return log.read_text().count(words) >= times
