"""Settings of calls: for all subgraphs, and for each the ones that differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config import load_config
from gateway.config.settings import TlsConfig, TrafficConfig
from gateway.errors import ConfigInvalid

SUBGRAPHS = {
    name: {"routing_url": f"http://{name}.test", "schema": {"sdl": "type Query { a: Int }"}}
    for name in ("stock", "prices")
}


def read(
    folder: Path, traffic: dict[str, Any], environment: dict[str, str] | None = None
) -> TrafficConfig:
    path = folder / "supergraph.yaml"
    path.write_text(yaml.safe_dump({"subgraphs": SUBGRAPHS, "gateway": {"traffic": traffic}}))
    return load_config(config=path, environment=environment or {}).traffic


def test_a_subgraph_has_its_own_settings_and_the_others_where_it_has_none(tmp_path: Path) -> None:
    traffic = read(
        tmp_path,
        {
            "timeout_seconds": 10,
            "max_retries": 1,
            "subgraphs": {"stock": {"timeout_seconds": 2, "apq": True}},
        },
    )

    stock, prices = traffic.of("stock"), traffic.of("prices")
    assert (stock.timeout_seconds, stock.max_retries, stock.apq) == (2.0, 1, True)
    assert (prices.timeout_seconds, prices.max_retries, prices.apq) == (10.0, 1, False)


def test_the_environment_reaches_the_settings_of_a_subgraph(tmp_path: Path) -> None:
    variables = {"CATTERY_GATEWAY_TRAFFIC_SUBGRAPHS_STOCK_MAX_RETRIES": "0"}

    traffic = read(tmp_path, {}, variables)

    assert (traffic.of("stock").max_retries, traffic.of("prices").max_retries) == (0, 2)


def test_a_subgraph_keeps_the_authority_of_all_and_adds_its_name(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()

    traffic = read(
        tmp_path,
        {
            "tls": {"ca_file": str(authority)},
            "subgraphs": {"stock": {"tls": {"server_name": "stock.internal"}}},
        },
    )

    assert traffic.of("stock").tls == TlsConfig(ca_file=authority, server_name="stock.internal")


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        (
            {"subgraphs": {"stok": {}}},
            "gateway.traffic.subgraphs.stok: there is no such subgraph. Did you mean stock?",
        ),
        (
            {"subgraphs": {"stock": {"timeout": 1}}},
            "gateway.traffic.subgraphs.stock.timeout is no setting. Did you mean timeout_seconds?",
        ),
        (
            {"subgraphs": {"stock": {"coalesce_queries": True}}},
            "gateway.traffic.subgraphs.stock.coalesce_queries is no setting.",
        ),
        (
            {"subgraphs": {"stock": {"retry_percent": 101}}},
            "gateway.traffic.subgraphs.stock.retry_percent must be a whole number from 0 to 100",
        ),
        ({"tls": {"ca_file": "/nowhere"}}, "gateway.traffic.tls.ca_file: /nowhere is no file."),
        (
            {"tls": {"key_file": __file__}},
            "gateway.traffic.tls.certificate_file is missing beside key_file.",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_path(
    tmp_path: Path, traffic: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        read(tmp_path, traffic)

    assert str(caught.value).startswith(message)
