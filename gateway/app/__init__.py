"""The composition root: configuration becomes objects, objects become an ASGI app. Nothing else wires."""

from __future__ import annotations

from .create import create_app

__all__ = ["create_app"]
