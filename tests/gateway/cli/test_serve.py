"""``cattery gateway`` as a process: what keeps it from serving, and what it serves by its flags."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.commands import invoke
from tests.support.processes import cattery_gateway, run_cattery
from tests.support.waiting import DEADLINE_SECONDS


def test_a_wrong_configuration_is_refused_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    path.write_text("subgraphs: {a: {in_process: nothing}}")

    done = run_cattery("gateway", "--config", str(path))

    assert done.returncode == 2
    assert "CONFIG_INVALID subgraphs.a.in_process must be" in done.stderr
    assert "Traceback" not in done.stderr


def test_subgraphs_that_do_not_compose_end_the_gateway(shop_config: str, tmp_path: Path) -> None:
    (tmp_path / "reviews.graphql").write_text("type Query { a: Nope }")

    done = run_cattery("gateway", "--config", shop_config, "--port", "0")

    assert done.returncode == 1
    assert "COMPOSITION_FAILED" in done.stderr
    assert "INVALID_GRAPHQL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gateway_serves_what_comes_through_a_pipe_with_all_its_workers(
    shop_config: str, tmp_path: Path
) -> None:
    composed = tmp_path / "composed"
    composed.write_text(invoke("compose", "--config", shop_config).stdout)

    with cattery_gateway(
        ["--supergraph", "-", "--workers", "2"], log=tmp_path / "log", stdin=composed
    ) as running:
        answer = httpx.post(
            f"http://127.0.0.1:{running.port}/graphql",
            json={"query": '{ __type(name: "Review") { name } }'},
            timeout=DEADLINE_SECONDS,
        )

    assert answer.json() == {"data": {"__type": {"name": "Review"}}}


def test_a_gateway_serves_a_contract(contract_config: str, tmp_path: Path) -> None:
    with cattery_gateway(
        ["--config", contract_config, "--contract", "public"], log=tmp_path / "log"
    ) as running:
        answer = httpx.post(
            f"http://127.0.0.1:{running.port}/graphql",
            json={"query": '{ __type(name: "Query") { fields { name } } }'},
            timeout=DEADLINE_SECONDS,
        )

    assert answer.json() == {"data": {"__type": {"fields": [{"name": "product"}]}}}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_another_gateway_listens_on_is_refused(
    shop_config: str, tmp_path: Path, workers: str
) -> None:
    shared = ["--config", shop_config, "--workers", workers]

    with cattery_gateway(shared, log=tmp_path / "log") as running:
        done = run_cattery("gateway", *shared, "--port", str(running.port))

    assert done.returncode == 2
    assert f"CONFIG_INVALID 127.0.0.1:{running.port}: Address already in use." in done.stderr
    assert "Ready" not in done.stdout
