"""Where a configuration came from, so that it can be read again while the gateway runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .load import load_config, with_flags
from .settings import GatewayConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigOrigin:
    """The files and flags of a command line."""

    config: Path | None = None
    """A ``supergraph.yaml``; or"""

    supergraph: Path | None = None
    """a composed supergraph."""

    gateway_config: Path | None = None
    contract: str | None = None
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    watch: bool | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read; those that the configuration names are not among them."""
        given = (self.config, self.supergraph, self.gateway_config)
        return tuple(path for path in given if path is not None)

    def load(self) -> GatewayConfig:
        """Return the configuration as the files have it now.

        Raises:
            ConfigInvalid: it cannot be used.
        """
        found = load_config(
            config=self.config,
            supergraph=self.supergraph,
            gateway_config=self.gateway_config,
            contract=self.contract,
        )
        return with_flags(
            found, host=self.host, port=self.port, workers=self.workers, watch=self.watch
        )
