"""The gateway's configuration: what can be set, and the only place that reads files and environment for it."""

from __future__ import annotations

from .load import load_config, with_flags
from .origin import ConfigOrigin
from .settings import GatewayConfig

__all__ = ["ConfigOrigin", "GatewayConfig", "load_config", "with_flags"]
