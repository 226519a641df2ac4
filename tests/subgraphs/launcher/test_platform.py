"""What ``cattery up`` decides before it starts anything."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from messaging.embedded import find_url
from shared.ports import LOOPBACK, PortTaken, reserve_port
from subgraphs.catalogue import DOMAINS
from subgraphs.launcher.platform import Launch, Processes, planned_platform


def a_launch(
    folder: Path, *, port: int = 0, processes: Processes = Processes.MANY, **environment: str
) -> Launch:
    return Launch(
        data_dir=folder,
        host=LOOPBACK,
        port=port,
        processes=processes,
        demo=True,
        environment=environment,
    )


def test_platforms_planned_at_once_share_no_port(tmp_path: Path) -> None:
    with ExitStack() as stack:
        plans = [
            stack.enter_context(planned_platform(a_launch(tmp_path / str(number))))
            for number in range(3)
        ]

        urls = [
            url
            for plan in plans
            for url in (plan.gateway_url, plan.nats_url, *plan.subgraph_urls.values())
        ]

    assert len(set(urls)) == len(urls) == 3 * (2 + len(DOMAINS))


def test_one_process_has_one_address(tmp_path: Path) -> None:
    with planned_platform(a_launch(tmp_path, processes=Processes.ONE)) as plan:
        assert [child.name for child in plan.children] == ["nats-server", "gateway"]
        assert set(plan.subgraph_urls.values()) == {f"app://{domain.name}" for domain in DOMAINS}
        assert find_url(tmp_path / "nats") == plan.nats_url


def test_a_port_that_was_asked_for_and_is_taken_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        taken = listener.getsockname()[1]
        url = f"http://{LOOPBACK}:{taken}"

        with (
            pytest.raises(PortTaken, match=str(taken)),
            planned_platform(a_launch(tmp_path, port=taken)),
        ):
            pass
        with (
            pytest.raises(PortTaken, match=str(taken)),
            planned_platform(a_launch(tmp_path, CATTERY_ORDERS_URL=url)),
        ):
            pass


def test_a_subgraph_listens_where_it_is_told_to(tmp_path: Path) -> None:
    with reserve_port() as reserved:
        url = f"http://{LOOPBACK}:{reserved.port}"
        with planned_platform(a_launch(tmp_path, CATTERY_ORDERS_URL=url)) as plan:
            [orders] = [child for child in plan.children if child.name == "orders"]

    assert plan.subgraph_urls["orders"] == url
    assert str(reserved.port) in orders.argv
