"""What graphql-http, the reference implementation of GraphQL over HTTP, says of a gateway over two small subgraphs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from messaging.embedded import free_port
from tests.support.gateway import shop_yaml

from .gateways import stop, wait_until_served

_ROOT = Path(__file__).parents[3]

REFUSED_FOR_SAFETY = frozenset({"5A70", "D6D5", "6A70"})
"""Audits, all of things that a server MAY do, that send GET requests as any page in a browser could."""


async def audit_http(folder: Path) -> tuple[int, list[str]]:
    """Return how many audits there are, and a line for each that neither passes nor fails as it should."""
    config = folder / "audited.yaml"
    config.write_text(shop_yaml(), encoding="utf-8")
    port = free_port()
    log = folder / "Cattery.log"
    with log.open("wb") as written:
        gateway = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "cattery"), "gateway", "--config", str(config),
            "--port", str(port), env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdout=written, stderr=written,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/graphql"
        await wait_until_served("Cattery", url, gateway, log)
        audits = await _run(folder, url)
    finally:
        await stop(gateway)
    wrong = [
        f"{audit['id']} {audit['name']}: {audit['status']}, {audit['reason']}"
        for audit in audits
        if (audit["status"] == "ok") == (audit["id"] in REFUSED_FOR_SAFETY)
    ]
    return len(audits), wrong


async def _run(folder: Path, url: str) -> list[dict[str, str]]:
    node = await asyncio.create_subprocess_exec(
        "node", "audit.mjs", url, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await node.communicate()
    if node.returncode:
        sys.exit(f"audit.mjs failed with {node.returncode}")
    return [json.loads(line) for line in output.splitlines()]
