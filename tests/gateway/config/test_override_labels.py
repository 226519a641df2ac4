"""The section ``override_labels``."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import GatewayConfig, load_config
from gateway.errors import ConfigInvalid


def load(folder: Path, labels: str) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    path.write_text(
        "subgraphs: {a: {routing_url: 'http://a.test', schema: {sdl: 'type Query'}}}\n"
        f"gateway: {{override_labels: {labels}}}\n"
    )
    return load_config(config=path, environment={})


def test_labels_are_on_off_or_a_percentage(tmp_path: Path) -> None:
    config = load(tmp_path, "{new: true, old: false, team:some/feature: 12.5}")

    assert config.override_labels == (("new", 100.0), ("old", 0.0), ("team:some/feature", 12.5))


@pytest.mark.parametrize("value", ["often", "-1", "100.5", "[]", "", ".nan"])
def test_anything_else_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(
        ConfigInvalid, match=r"override_labels\.x must be true, false or a percentage"
    ):
        load(tmp_path, f"{{x: {value}}}")


def test_a_label_that_draws_by_itself_is_not_configured(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"percent\(5\) says itself how often"):
        load(tmp_path, '{"percent(5)": true}')
