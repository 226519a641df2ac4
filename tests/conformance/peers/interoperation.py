"""Serves our supergraphs with Apollo Gateway and Hive Gateway, and compares their answers with ours.

The marketplace is run as its users run it, with data from a story; the benchmark only where its material is at hand.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from gateway.composition.compose import SubgraphSource, compose
from messaging.embedded import free_port
from subgraphs.catalogue import DOMAINS
from tests.e2e.stories import ACROSS_FIVE, CLIENT, MANAGER, ORDER, WORKER, order_to_completion
from tests.support.platform import CATTERY, running_platform
from tests.support.waiting import DEADLINE_SECONDS, until

from .gateways import ask, peer_gateways

_BENCHMARK = Path(__file__).parents[4] / "shared" / "bench"


@dataclass(frozen=True, slots=True)
class Question:
    """An operation, and who asks it."""

    operation: str
    variables: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


async def compare_answers(folder: Path) -> dict[str, list[str]]:
    """Return, by supergraph, the questions that are answered in different ways."""
    found = {"marketplace": await _compare_marketplace(folder)}
    if _BENCHMARK.is_dir():
        found["benchmark"] = await _compare_benchmark(folder)
    return found


async def _compare_marketplace(folder: Path) -> list[str]:
    addresses = {domain.name: f"http://127.0.0.1:{free_port()}" for domain in DOMAINS}
    environment = {f"CATTERY_{name.upper()}_URL": url for name, url in addresses.items()}
    with tempfile.TemporaryDirectory() as data:
        async with running_platform(
            Path(data), "--processes", "many", environment=environment
        ) as platform:
            order_id = await order_to_completion(platform)
            sources = [
                SubgraphSource(name, f"{url}/graphql", await _read_sdl(f"{url}/graphql"))
                for name, url in addresses.items()
            ]
            headers = {
                email: {"authorization": f"Bearer {await platform.token_of(email)}"}
                for email in (CLIENT, WORKER, MANAGER)
            }
            questions = [
                *(
                    Question(ACROSS_FIVE, {"id": order_id}, headers[email])
                    for email in (CLIENT, MANAGER)
                ),
                Question(ORDER, {"id": order_id}, headers[CLIENT]),
                Question("{ me { id displayName } serviceTypes { code price { minor } } }", {}, headers[WORKER]),
                Question("{ orders { nodes { number client { account { displayName } } } } }", {}, headers[MANAGER]),
                Question("{ pool { id profile { name } jobs { nodes { id state } } } }", {}, headers[MANAGER]),
                Question("{ me { displayName } }"),
            ]  # fmt: skip
            return await _compare(folder, sources, f"{platform.url}/graphql", questions)


async def _compare_benchmark(folder: Path) -> list[str]:
    async with _benchmark_subgraphs(folder), _our_gateway() as ours:
        sources = [
            SubgraphSource(path.stem, f"http://127.0.0.1:4300/{path.stem}", path.read_text())
            for path in sorted((_BENCHMARK / "subgraphs").glob("*.graphql"))
        ]
        bodies = [
            json.loads((_BENCHMARK / f"{name}.json").read_text())
            for name in ("heavy", "entity", "small")
        ]
        questions = [Question(body["query"], body.get("variables") or {}) for body in bodies]
        return await _compare(folder, sources, ours, questions)


async def _compare(
    folder: Path, sources: list[SubgraphSource], ours: str, questions: list[Question]
) -> list[str]:
    sdl = compose(sources).supergraph_sdl
    if sdl is None:
        return ["does not compose"]
    found = []
    async with peer_gateways(folder, sdl) as peers:
        for question in questions:
            expected = await ask(ours, question.operation, question.variables, question.headers)
            for name, url in peers.items():
                answer = await ask(url, question.operation, question.variables, question.headers)
                if answer != expected:
                    found.append(
                        f"{name}: {question.operation}\n  ours   {_short(expected)}\n  theirs {_short(answer)}"
                    )
    return found


def _short(answer: Any) -> str:
    return json.dumps(answer)[:600]


async def _read_sdl(url: str) -> str:
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as http:
        response = await http.post(url, json={"query": "{ _service { sdl } }"})
    sdl: str = response.json()["data"]["_service"]["sdl"]
    return sdl


@asynccontextmanager
async def _benchmark_subgraphs(folder: Path) -> AsyncIterator[None]:
    """Run the benchmark's subgraphs, unless they run already."""
    if await _subgraphs_answer():
        yield
        return
    for name in ("subgraphs.mjs", "data.json"):
        (folder / name).write_bytes((_BENCHMARK / name).read_bytes())
    process = await asyncio.create_subprocess_exec("node", "subgraphs.mjs", cwd=folder)
    try:
        await until(_subgraphs_answer)
        yield
    finally:
        process.terminate()
        await process.wait()


async def _subgraphs_answer() -> bool:
    try:
        await ask("http://127.0.0.1:4300/accounts", "{ __typename }", {}, {})
    except httpx.TransportError:
        return False
    return True


@asynccontextmanager
async def _our_gateway() -> AsyncIterator[str]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        CATTERY, "gateway", "--config", str(_BENCHMARK / "supergraph.yaml"), "--port", str(port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=dict(os.environ),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        if b"Ready" not in await process.stdout.readline():
            raise SystemExit("Our gateway does not serve the benchmark's supergraph.")
        yield f"http://127.0.0.1:{port}/graphql"
    finally:
        process.terminate()
        await process.wait()
