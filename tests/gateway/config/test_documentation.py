"""The page about settings shows every setting with its real default."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from gateway.config import load_config
from gateway.config.settings import GatewayConfig, IdentityConfig

PAGE = (Path(__file__).parents[3] / "docs" / "gateway-settings.md").read_text()
SETTINGS = PAGE.partition("## Settings and their defaults")[2].partition("```yaml\n")[2]
SETTINGS = SETTINGS.partition("```")[0]
SUBGRAPHS = "subgraphs: {a: {routing_url: 'http://a.test', schema: {sdl: 'type Query'}}}\n"


def load(folder: Path, settings: str) -> GatewayConfig:
    path = folder / "supergraph.yaml"
    path.write_text(SUBGRAPHS + settings)
    return load_config(config=path, environment={})


def test_the_defaults_on_the_page_are_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, SETTINGS)

    assert config == GatewayConfig(source=config.source)


def test_the_defaults_of_identity_are_right_as_well(tmp_path: Path) -> None:
    shown = re.sub(r"^  # ( *)", r"  \1", SETTINGS, flags=re.MULTILINE)

    assert load(tmp_path, shown).identity == IdentityConfig(jwks_url="https://issuer/keys")


@pytest.mark.parametrize(
    "section",
    [field.name for field in dataclasses.fields(GatewayConfig) if field.name != "source"],
)
def test_every_setting_is_on_the_page(section: str) -> None:
    shown = yaml.safe_load(re.sub(r"^  # ( *)", r"  \1", SETTINGS, flags=re.MULTILINE))["gateway"]

    assert section in shown
    default = IdentityConfig(jwks_url="x") if section == "identity" else None
    if default is None:
        (field,) = [one for one in dataclasses.fields(GatewayConfig) if one.name == section]
        factory = field.default_factory
        default = None if factory is dataclasses.MISSING else factory()
    if default is not None and dataclasses.is_dataclass(default):
        assert set(shown[section]) == {one.name for one in dataclasses.fields(default)}
