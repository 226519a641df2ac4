"""The gateway's configuration: what can be set, and the only place that reads files and environment for it."""

from __future__ import annotations

from .load import load_config, with_flags
from .settings import GatewayConfig

__all__ = ["GatewayConfig", "load_config", "with_flags"]
