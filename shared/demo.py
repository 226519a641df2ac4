"""Identities of the demo: every domain derives the same ones, so that each can seed its own part.

Only used where a service's ``DEMO`` switch is on, which only ``cattery up`` does.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID

from .identifiers import derived_id

PASSWORD = "demo-password"  # noqa: S105  printed to everybody, in demo mode only
_BASE = "https://cattery.test/demo/"


def demo_id(name: str) -> UUID:
    """Return the id of the demo's ``name``: a role in lower case for its account, or a path such as ``test/basics``."""
    return derived_id(NAMESPACE_URL, _BASE + name)


CLEANING = demo_id("service-type/clean")
"""The service type that the demo offers."""
