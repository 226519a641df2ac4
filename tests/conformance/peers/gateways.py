"""Gateways that serve a supergraph of ours: Apollo's and Hive's, as processes on loopback."""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from messaging.embedded import free_port

_START_SECONDS = 60


@asynccontextmanager
async def peer_gateways(folder: Path, supergraph_sdl: str) -> AsyncIterator[dict[str, str]]:
    """Serve a supergraph with every peer, and give their addresses by name."""
    file = folder / "supergraph.graphql"
    file.write_text(supergraph_sdl, encoding="utf-8")
    apollo, hive = free_port(), free_port()
    commands = {
        "Apollo Gateway": (f"http://127.0.0.1:{apollo}/", "apollo.mjs", str(file), str(apollo)),
        "Hive Gateway": (
            f"http://127.0.0.1:{hive}/graphql",
            "node_modules/.bin/hive-gateway", "supergraph", str(file), "-c", "hive.config.mjs",
            "--host", "127.0.0.1", "--port", str(hive), "--fork", "1",
        ),
    }  # fmt: skip
    async with AsyncExitStack() as stack:
        for name, (url, *arguments) in commands.items():
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            process = await asyncio.create_subprocess_exec(
                "node", *arguments, cwd=folder, stdout=log, stderr=log
            )
            stack.push_async_callback(stop, process)
            await wait_until_served(name, url, process, Path(log.name))
        yield {name: url for name, (url, *_) in commands.items()}


async def ask(
    url: str, operation: str, variables: Mapping[str, object], headers: Mapping[str, str]
) -> Any:
    """Return the data of an answer, and of each error what clients act on: where it is, and its code."""
    async with httpx.AsyncClient(timeout=30) as http:
        response = await http.post(
            url, json={"query": operation, "variables": dict(variables)}, headers=dict(headers)
        )
    answer = response.json()
    errors = [
        {"path": error.get("path"), "code": error.get("extensions", {}).get("code")}
        for error in answer.get("errors", ())
    ]
    return {"data": answer.get("data"), "errors": errors}


async def wait_until_served(name: str, url: str, process: Process, log: Path) -> None:
    """Wait until a gateway answers; exit with its log when it does not."""
    deadline = asyncio.get_running_loop().time() + _START_SECONDS
    while True:
        try:
            if (await ask(url, "{ __typename }", {}, {}))["data"] == {"__typename": "Query"}:
                return
        except (httpx.HTTPError, ValueError):
            pass  # it does not listen yet
        if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
            raise SystemExit(f"{name} does not serve:\n{log.read_text()}")
        await asyncio.sleep(0.2)


async def stop(process: Process) -> None:
    """End a process, in order if it will."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
