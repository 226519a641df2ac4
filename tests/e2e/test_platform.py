"""The platform as people run it: in one process, in many, and on PostgreSQL with a broker of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from subgraphs.catalogue import DOMAINS
from tests.support.nats import NatsServer
from tests.support.platform import running_platform
from tests.support.postgres import PostgresCluster

from .stories import (
    CLIENT,
    ORDER,
    hire,
    order_to_completion,
    submit_order,
    wait_for_state,
    wait_for_the_demo,
)

pytestmark = pytest.mark.e2e


async def test_one_process_keeps_everything_from_start_to_start(tmp_path: Path) -> None:
    async with running_platform(tmp_path) as platform:
        assert set(platform.children()) == {"nats-server", "gateway"}
        order_id = await order_to_completion(platform)

    async with running_platform(tmp_path) as platform:
        kept = await platform.fetch(ORDER, {"id": order_id}, email=CLIENT)
        await order_to_completion(platform)

    assert kept["order"]["state"] == "COMPLETED"


async def test_many_processes_hire_a_worker_whom_a_later_order_finds(tmp_path: Path) -> None:
    async with running_platform(tmp_path, "--processes", "many") as platform:
        assert set(platform.children()) == {
            "nats-server", "gateway", "accounts", "orders", "matching", "hiring", "jobs",
        }  # fmt: skip
        worker_id = await hire(platform, contact="misty@example.org", name="Misty")
        await wait_for_the_demo(platform)
        # The demo's only worker is busy with the first order, so the second one needs the new colleague.
        found = set()
        for _ in range(2):
            order_id = await submit_order(platform)
            found.add((await wait_for_state(platform, order_id, "ASSIGNED"))["workerId"])

    assert worker_id in found
    assert len(found) == 2


async def test_postgresql_and_an_external_broker_by_environment_only(
    tmp_path: Path, postgres_cluster: PostgresCluster, nats_server: NatsServer
) -> None:
    environment = {
        "CATTERY_DATABASE_URL": postgres_cluster.url("cattery_{service}"),
        "NATS_URL": nats_server.url,
    }

    script = "\n".join(f"CREATE DATABASE cattery_{domain.name};" for domain in DOMAINS)
    with postgres_cluster.databases(script):
        async with running_platform(
            tmp_path, "--processes", "many", environment=environment
        ) as platform:
            assert "nats-server" not in platform.children()
            await order_to_completion(platform)
            await hire(platform, contact="misty@example.org", name="Misty")

    assert not list(tmp_path.rglob("*.sqlite3"))
    assert not (tmp_path / "data" / "nats").exists()
