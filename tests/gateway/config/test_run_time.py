"""Which settings a running gateway takes on, and which it names for the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gateway.config import ConfigOrigin, GatewayConfig, load_config
from gateway.config.run_time import take_on
from gateway.errors import ConfigInvalid

SUBGRAPHS = {"a": {"routing_url": "http://a.test", "schema": {"sdl": "type Query"}}}


def load(folder: Path, subgraphs: object = None, **settings: object) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    path.write_text(yaml.safe_dump({"subgraphs": subgraphs or SUBGRAPHS, "gateway": settings}))
    return load_config(config=path, environment={})


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({}, []),
        ({"traffic": {"subgraphs": {"a": {"timeout_seconds": 1}}}}, []),
        ({"subgraph_urls": {"a": "http://b.test"}, "override_labels": {"x": 5}}, []),
        ({"server": {"host": "::", "workers": 3}}, ["server.host", "server.workers"]),
        ({"traffic": {"coalesce_queries": True}}, ["traffic.coalesce_queries"]),
        ({"identity": {"jwks_url": "http://keys.test"}}, ["identity"]),
        ({"introspection": False, "watch": {"enabled": True}}, ["introspection", "watch.enabled"]),
    ],
)
def test_what_is_left_is_named(
    tmp_path: Path, settings: dict[str, object], left: list[str]
) -> None:
    running, changed = load(tmp_path), load(tmp_path, **settings)

    taken, found = take_on(running, changed)

    assert found == left
    assert (taken == changed) is not bool(left)
    assert (taken.server, taken.identity) == (running.server, running.identity)


def test_calls_are_not_shared_while_cookies_go_to_clients_until_the_next_start(
    tmp_path: Path,
) -> None:
    running = load(tmp_path, headers={"responses": [{"propagate": {"name": "set-cookie"}}]})
    changed = load(tmp_path, traffic={"subgraphs": {"a": {"coalesce_calls": True}}})

    taken, left = take_on(running, changed)

    assert taken == running
    assert left == ["headers.responses", "traffic.subgraphs"]


def test_other_subgraphs_are_taken_on(tmp_path: Path) -> None:
    other = {**SUBGRAPHS, "b": {"routing_url": "http://b.test", "schema": {"sdl": "type Query"}}}
    running, changed = load(tmp_path), load(tmp_path, other)

    taken, left = take_on(running, changed)

    assert (taken, left) == (changed, [])


def test_an_app_of_this_process_is_not_replaced(tmp_path: Path) -> None:
    running = load(tmp_path, {"a": {"in_process": "here:one"}})
    changed = load(tmp_path, {"a": {"in_process": "here:two"}})

    assert take_on(running, changed)[1] == ["subgraphs.a.in_process"]


def test_an_origin_reads_again_and_keeps_its_flags(tmp_path: Path) -> None:
    path = tmp_path / "supergraph.yaml"
    origin = ConfigOrigin(config=path, port=5, watch=True)
    load(tmp_path, limits={"max_depth": 3})
    first = origin.load()
    load(tmp_path, limits={"max_depth": 4}, server={"port": 6})
    second = origin.load()

    assert (first.limits.max_depth, second.limits.max_depth) == (3, 4)
    assert (first.server.port, second.server.port, second.watch.enabled) == (5, 5, True)
    assert origin.files == (path,)
    path.unlink()
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        origin.load()
