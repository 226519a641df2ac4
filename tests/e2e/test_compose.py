"""``compose.yaml``, checked by starting what it describes: three NATS servers, five subgraphs, two gateways."""

from __future__ import annotations

from asyncio.subprocess import Process
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from shared.clock import VirtualClock
from subgraphs.catalogue import DOMAINS
from tests.support.compose import Composition, VariableMissing
from tests.support.conversation import Conversation
from tests.support.platform import START_WITHIN, eventually
from tests.support.postgres import PostgresCluster
from tests.support.waiting import DEADLINE_SECONDS

from .stories import ACROSS_FIVE, MANAGER, order_to_completion

SECRETS = {"CATTERY_SERVICE_SECRET": "s" * 32, "POSTGRES_PASSWORD": "p"}
NATS = ("nats-1", "nats-2", "nats-3")
GATEWAYS = ("gateway-1", "gateway-2")


def a_composition(folder: Path, postgres_url: str = "", **variables: str) -> Composition:
    return Composition(folder, {**SECRETS, **variables}, postgres_url)


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_a_secret_has_no_default(tmp_path: Path, secret: str) -> None:
    with pytest.raises(VariableMissing, match=secret):
        a_composition(tmp_path, **{secret: ""})


def test_every_subgraph_is_a_service_with_a_database(tmp_path: Path) -> None:
    composition = a_composition(tmp_path)
    composed = yaml.safe_load(composition.config("supergraph"))["subgraphs"]

    names = {domain.name for domain in DOMAINS}

    assert names <= set(composition.services)
    assert set(composed) == names
    for domain in DOMAINS:
        command = composition.services[domain.name]["command"]
        assert command[:2] == ["subgraph", domain.name]
        assert f"CREATE DATABASE cattery_{domain.name};" in composition.config("databases")
        assert composed[domain.name]["schema"]["subgraph_url"].endswith(
            f"{domain.name}:{domain.port}/graphql"
        )


def test_every_broker_syncs_before_it_confirms(tmp_path: Path) -> None:
    assert "sync_interval: always" in a_composition(tmp_path).config("nats")


@pytest.mark.e2e
async def test_what_it_describes_takes_an_order_to_its_completion(
    tmp_path: Path, postgres_cluster: PostgresCluster
) -> None:
    """What was done through one gateway is seen through the other; one NATS server may go meanwhile."""
    composition = a_composition(
        tmp_path,
        postgres_cluster.url(""),
        CATTERY_DEMO="true",
        CATTERY_ORDERS_MIN_NOTICE_MINUTES="1",
    )
    with postgres_cluster.databases(composition.config("databases")):
        seen = await order_here_and_look_there(
            composition, VirtualClock(tmp_path / "no-clock.json")
        )

    assert seen["order"]["state"] == "COMPLETED"


async def order_here_and_look_there(
    composition: Composition, clock: VirtualClock
) -> dict[str, Any]:
    subgraphs = [domain.name for domain in DOMAINS]
    urls = [composition.url_of(name, "4000") for name in GATEWAYS]
    async with (
        composition.running(*NATS, *subgraphs, *GATEWAYS) as processes,
        httpx.AsyncClient(base_url=urls[0], timeout=DEADLINE_SECONDS) as first,
        httpx.AsyncClient(base_url=urls[1], timeout=DEADLINE_SECONDS) as second,
    ):
        for client in (first, second):
            ready = partial(is_ready, client, composition, processes)
            assert await eventually(ready, within=START_WITHIN), composition.last_words()
        here, there = Conversation(first, clock), Conversation(second, clock)
        await order_to_completion(here)
        processes["nats-2"].kill()
        order_id = await order_to_completion(here)
        return await there.fetch(ACROSS_FIVE, {"id": order_id}, email=MANAGER)


async def is_ready(
    client: httpx.AsyncClient, composition: Composition, processes: Mapping[str, Process]
) -> bool:
    ended = [name for name, process in processes.items() if process.returncode is not None]
    assert not ended, f"{ended} ended: {composition.last_words(*ended)}"
    try:
        return (await client.get("/health/ready")).is_success
    except httpx.HTTPError:
        return False
